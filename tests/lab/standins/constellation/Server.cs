// Copyright (c) 2026 constellation.edge contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Stand-in for the Constellation server: the two layers the real one stands on, System.Configuration and
// System.Net.HttpListener, with just enough on top to tell whether a proxy in front of it is right.
// The file it reads is its own Constellation.Server.exe.config; what the parser refuses, it refuses.

using System;
using System.Collections.Generic;
using System.Configuration;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using Constellation.Server.Configuration;

namespace Constellation.Server
{
    /// <summary>Reads the configuration, listens on each listenUri, and serves each request in its own thread.</summary>
    public static class Program
    {
        public const string Version = "1.8.4.18100";

        public static int Main()
        {
            ConstellationSection section;
            try
            {
                // The second name is the one before version 1.8.2.
                section = (ConfigurationManager.GetSection("constellation")
                    ?? ConfigurationManager.GetSection("constellationSection")) as ConstellationSection;
            }
            catch (ConfigurationErrorsException error)
            {
                Console.Error.WriteLine("FATAL configuration refused: " + error.Message);
                return 2;
            }
            if (section == null)
            {
                Console.Error.WriteLine("FATAL no section 'constellation' in the configuration file");
                return 2;
            }
            var prefixes = section.ListenUris.Cast<UriElement>().Select(uri => WithFinalSlash(uri.ListenUri)).ToList();
            if (prefixes.Count == 0)
            {
                Console.Error.WriteLine("FATAL listenUris is empty: there is nothing to listen on");
                return 2;
            }
            var listener = new HttpListener();
            try
            {
                foreach (var prefix in prefixes)
                {
                    listener.Prefixes.Add(prefix);
                }
                listener.Start();
            }
            catch (Exception error)
            {
                Console.Error.WriteLine("FATAL cannot listen: " + error.GetType().Name + ": " + error.Message);
                return 3;
            }
            foreach (var prefix in prefixes)
            {
                Console.WriteLine("listening on " + prefix);
            }
            var site = new Site(section, prefixes);
            while (true)
            {
                var context = listener.GetContext();
                new Thread(() => Serve(site, context)) { IsBackground = true }.Start();
            }
        }

        // The layer between the real server and HttpListener (OWIN) adds the slash that HttpListener insists on.
        private static string WithFinalSlash(string uri)
        {
            return uri.EndsWith("/") ? uri : uri + "/";
        }

        private static void Serve(Site site, HttpListenerContext context)
        {
            try
            {
                site.Answer(context);
                context.Response.Close();
            }
            catch (ObjectDisposedException error)
            {
                // What a POST without Content-Length causes: HttpListener has answered 411 itself and closed.
                // The real server may die of it; this one only says so, for a test to find.
                Console.Error.WriteLine("ERROR ObjectDisposedException: " + error.ObjectName);
            }
            catch (Exception error)
            {
                Console.Error.WriteLine("client left: " + error.GetType().Name);
                context.Response.Abort();
            }
        }
    }

    /// <summary>What is served, relative to the path of the listenUri that the request came in by.</summary>
    public sealed class Site
    {
        private const int DelayAfterRefusal = 1000;
        private const int EventInterval = 250;
        private const int LongestPoll = 120000;
        private const int DefaultPoll = 60000;
        private const long LargestUpload = 100L * 1024 * 1024;

        private static readonly HashSet<string> Interfaces =
            new HashSet<string> { "constellation", "consumer", "management", "controller" };

        private readonly ConstellationSection section;
        private readonly List<string> bases;

        public Site(ConstellationSection section, IEnumerable<string> prefixes)
        {
            this.section = section;
            bases = prefixes.Select(PathOf).Distinct().OrderByDescending(path => path.Length).ToList();
        }

        public void Answer(HttpListenerContext context)
        {
            var request = context.Request;
            var path = Collapse(Uri.UnescapeDataString(request.RawUrl.Split('?')[0]));
            Console.WriteLine(request.HttpMethod + " " + path);
            var root = bases.FirstOrDefault(candidate => Below(path, candidate));
            if (root == null)
            {
                Text(context, 404, "text/plain", "outside the base path\n");
                return;
            }
            context.Response.AddHeader("Access-Control-Allow-Origin", "*");
            Route(context, root, path.Length < root.Length ? "" : path.Substring(root.Length));
        }

        private void Route(HttpListenerContext context, string root, string path)
        {
            var parts = path.Split('/');
            if (path == "")
            {
                context.Response.AddHeader("Pragma", "no-cache");
                Text(context, 200, "text/html", HomePage(root));
            }
            else if (path == "favicon.ico")
            {
                Text(context, 200, "image/x-icon", "");
            }
            else if (path == "echo")
            {
                Text(context, 200, "application/json", Report.Of(context.Request, path));
            }
            else if (parts[0] == "signalr")
            {
                SignalR(context, root, parts.Length > 1 ? parts[1] : "");
            }
            else if (parts[0] == "rest" && parts.Length > 2 && Interfaces.Contains(parts[1]))
            {
                Rest(context, parts[1], string.Join("/", parts.Skip(2)));
            }
            else if (section.FileServer.Enable && ("/" + path + "/").StartsWith(section.FileServer.Path + "/"))
            {
                var allowed = !section.FileServer.LocalhostOnly || context.Request.IsLocal;
                Text(context, allowed ? 200 : 403, "text/html", allowed ? "<title>Constellation Console</title>" : "");
            }
            else
            {
                Text(context, 404, "text/plain", "not found\n");
            }
        }

        private void SignalR(HttpListenerContext context, string root, string verb)
        {
            // No key at all is let through, so that a probe needs no secret; a wrong one is refused as by the real server.
            if (Value(context.Request, "AccessKey") != null && Credential(context.Request) == null)
            {
                Refuse(context);
            }
            else if (verb == "hubs")
            {
                Text(context, 403, "text/plain", "");
            }
            else if (verb == "negotiate")
            {
                // The browser goes on with this path: a proxy that strips the prefix breaks it here.
                Text(context, 200, "application/json", "{\"Url\":\"" + root + "signalr\",\"ConnectionToken\":\"lab\","
                    + "\"ConnectionId\":\"" + Guid.NewGuid() + "\",\"KeepAliveTimeout\":20.0,\"DisconnectTimeout\":30.0,"
                    + "\"ConnectionTimeout\":110.0,\"TryWebSockets\":false,\"ProtocolVersion\":\"1.5\"}");
            }
            else if (verb == "start" || verb == "abort" || verb == "send" || verb == "ping")
            {
                Drain(context.Request, null);
                Text(context, 200, "application/json", "{\"Response\":\"" + verb + "\"}");
            }
            else if (verb == "poll")
            {
                Thread.Sleep(110000);
                Text(context, 200, "application/json", "{\"C\":\"0\",\"M\":[]}");
            }
            else
            {
                Stream(context);
            }
        }

        private static void Stream(HttpListenerContext context)
        {
            var response = context.Response;
            response.ContentType = "text/event-stream";
            response.SendChunked = true;
            var count = 0;
            Send(response, "data: initialized\n\n");
            while (true)
            {
                count++;
                Send(response, "id: " + count + "\ndata: {\"C\":\"" + count + "\",\"M\":[{\"H\":\"consumerHub\",\"A\":["
                    + count + "]}],\"T\":\"" + DateTime.UtcNow.ToString("o") + "\"}\n\n");
                Thread.Sleep(EventInterval);
            }
        }

        private void Rest(HttpListenerContext context, string part, string action)
        {
            var body = Drain(context.Request, SHA256.Create());
            var credential = Credential(context.Request);
            if (credential == null || (part == "management" && !credential.EnableManagementAPI))
            {
                Refuse(context);
            }
            else if (action == "CheckAccess")
            {
                Text(context, 200, "application/json", "");
            }
            else if (part == "management" && action == "UploadPackage")
            {
                Text(context, body.Length > LargestUpload ? 413 : 200, "application/json",
                    "{\"Length\":" + body.Length + ",\"Sha256\":\"" + body.Digest + "\"}");
            }
            else if (part == "management" && action == "server/version")
            {
                Text(context, 200, "application/json", "\"" + Program.Version + "\"");
            }
            else if (action == "GetMessages" || action == "GetStateObjects")
            {
                int wait;
                if (!int.TryParse(Value(context.Request, "timeout"), out wait))
                {
                    wait = DefaultPoll;
                }
                Thread.Sleep(Math.Max(0, Math.Min(wait, LongestPoll)));
                Text(context, 200, "application/json", "[]");
            }
            else
            {
                Text(context, 404, "text/plain", "no such action\n");
            }
        }

        private CredentialElement Credential(HttpListenerRequest request)
        {
            var key = Value(request, "AccessKey");
            return section.Credentials.Cast<CredentialElement>().FirstOrDefault(one => one.Enable && one.AccessKey == key);
        }

        // The three values of a client travel in headers or in the query string.
        private static string Value(HttpListenerRequest request, string name)
        {
            return request.Headers[name] ?? request.QueryString[name];
        }

        private static void Refuse(HttpListenerContext context)
        {
            Thread.Sleep(DelayAfterRefusal);
            Text(context, 403, "text/plain", "Forbidden\n");
        }

        private static string HomePage(string root)
        {
            return "<!DOCTYPE html><html><head><title>Constellation Server</title>"
                + "<meta name=\"robots\" content=\"noindex, nofollow\"></head><body><h1>Constellation Server "
                + Program.Version + "</h1><p>Root path: <code>" + root + "</code></p>"
                + "<a href=\"" + root + "WebConsole\">Open Constellation Console</a></body></html>";
        }

        private static bool Below(string path, string root)
        {
            return path.StartsWith(root, StringComparison.OrdinalIgnoreCase)
                || string.Equals(path + "/", root, StringComparison.OrdinalIgnoreCase);
        }

        private static string PathOf(string prefix)
        {
            return prefix.Substring(prefix.IndexOf('/', prefix.IndexOf("://", StringComparison.Ordinal) + 3));
        }

        private static string Collapse(string path)
        {
            while (path.Contains("//"))
            {
                path = path.Replace("//", "/");
            }
            return path;
        }

        private static Received Drain(HttpListenerRequest request, HashAlgorithm hash)
        {
            return Received.From(request, hash, 0);
        }

        private static void Send(HttpListenerResponse response, string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            response.OutputStream.Write(bytes, 0, bytes.Length);
            response.OutputStream.Flush();
        }

        private static void Text(HttpListenerContext context, int status, string type, string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            context.Response.StatusCode = status;
            context.Response.ContentType = type + "; charset=utf-8";
            context.Response.ContentLength64 = bytes.Length;
            if (context.Request.HttpMethod != "HEAD")
            {
                context.Response.OutputStream.Write(bytes, 0, bytes.Length);
            }
        }
    }

    /// <summary>A request body: its length, its SHA-256 where asked for, and its first bytes.</summary>
    public sealed class Received
    {
        public long Length;
        public string Digest = "";
        public string Start = "";

        public static Received From(HttpListenerRequest request, HashAlgorithm hash, int keep)
        {
            var received = new Received();
            var start = new MemoryStream();
            var buffer = new byte[65536];
            int count;
            while ((count = request.InputStream.Read(buffer, 0, buffer.Length)) > 0)
            {
                received.Length += count;
                start.Write(buffer, 0, (int)Math.Min(count, Math.Max(0, keep - start.Length)));
                if (hash != null)
                {
                    hash.TransformBlock(buffer, 0, count, buffer, 0);
                }
            }
            if (hash != null)
            {
                hash.TransformFinalBlock(buffer, 0, 0);
                received.Digest = string.Concat(hash.Hash.Select(one => one.ToString("x2")));
            }
            received.Start = Encoding.UTF8.GetString(start.ToArray());
            return received;
        }
    }

    /// <summary>What was sent to the server, as JSON: the answer of /echo.</summary>
    public static class Report
    {
        public static string Of(HttpListenerRequest request, string path)
        {
            var body = Received.From(request, null, 4096);
            var headers = request.Headers.AllKeys.Select(name => Quote(name) + ":" + Quote(request.Headers[name]));
            return "{\"app\":\"constellation\",\"method\":" + Quote(request.HttpMethod)
                + ",\"path\":" + Quote(request.RawUrl) + ",\"relative\":" + Quote(path)
                + ",\"peer\":" + Quote(request.RemoteEndPoint.Address.ToString())
                + ",\"headers\":{" + string.Join(",", headers) + "}"
                + ",\"length\":" + body.Length + ",\"body\":" + Quote(body.Start) + "}";
        }

        private static string Quote(string text)
        {
            var quoted = new StringBuilder("\"");
            foreach (var one in text ?? "")
            {
                quoted.Append(one == '"' || one == '\\' ? "\\" + one : one < ' ' ? "\\u" + ((int)one).ToString("x4") : one.ToString());
            }
            return quoted.Append('"').ToString();
        }
    }
}
