// Copyright (c) 2026 constellation.edge contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// What runs inside a judge's container: System.Configuration reads each file of a folder with the classes of the
// lab's Constellation server, and HttpListener listens on what it found, as that server does. One process for all
// files, since Mono takes longer to start than to judge. Prints a JSON list in the order of the files' numbers.

using System;
using System.Collections.Generic;
using System.Configuration;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Constellation.Server.Configuration;

namespace Judge
{
    public static class Program
    {
        public static int Main(string[] arguments)
        {
            var files = Directory.GetFiles(arguments[0]).OrderBy(path => int.Parse(Path.GetFileName(path)));
            Console.Write("[" + string.Join(",\n", files.Select(path => new Opinion(path).ToJson())) + "]");
            return 0;
        }
    }

    /// <summary>What Mono makes of one file.</summary>
    public sealed class Opinion
    {
        private readonly string refused = "";
        private readonly string unheard = "";
        private readonly string settingsRefused = "";
        private readonly List<string> uris = new List<string>();
        private readonly List<string> answers = new List<string>();
        private readonly Dictionary<string, string> settings = new Dictionary<string, string>();

        public Opinion(string path)
        {
            Configuration file;
            try
            {
                var map = new ExeConfigurationFileMap { ExeConfigFilename = path };
                file = ConfigurationManager.OpenMappedExeConfiguration(map, ConfigurationUserLevel.None);
                uris.AddRange(Section(file).ListenUris.Cast<UriElement>().Select(uri => uri.ListenUri));
            }
            catch (Exception error)
            {
                refused = Say(error);
                return;
            }
            try
            {
                foreach (KeyValueConfigurationElement each in file.AppSettings.Settings)
                {
                    settings[each.Key] = each.Value;
                }
            }
            catch (Exception error)
            {
                settingsRefused = Say(error);
            }
            unheard = Listen();
        }

        public string ToJson()
        {
            var pairs = settings.Select(each => Json.Quote(each.Key) + ":" + Json.Quote(each.Value));
            return "{\"refused\":" + Json.Quote(refused) + ",\"uris\":" + Json.List(uris)
                + ",\"unheard\":" + Json.Quote(unheard) + ",\"answers\":" + Json.List(answers)
                + ",\"settings_refused\":" + Json.Quote(settingsRefused)
                + ",\"settings\":{" + string.Join(",", pairs) + "}}";
        }

        private static ConstellationSection Section(Configuration file)
        {
            var section = (file.GetSection("constellation") ?? file.GetSection("constellationSection"))
                as ConstellationSection;
            if (section == null)
            {
                throw new ConfigurationErrorsException("no section 'constellation'");
            }
            return section;
        }

        // Returns why it cannot be listened on these URIs; asks each one of them otherwise.
        private string Listen()
        {
            if (uris.Count == 0)
            {
                return "listenUris is empty";
            }
            using (var listener = new HttpListener())
            {
                try
                {
                    foreach (var uri in uris)
                    {
                        listener.Prefixes.Add(WithFinalSlash(uri));
                    }
                    listener.Start();
                }
                catch (Exception error)
                {
                    return Say(error);
                }
                var thread = new Thread(() => Answer(listener)) { IsBackground = true };
                thread.Start();
                answers.AddRange(uris.Select(uri => Client.Ask(WithFinalSlash(uri))));
                listener.Stop();
                thread.Join();
            }
            return "";
        }

        private static void Answer(HttpListener listener)
        {
            while (true)
            {
                try
                {
                    listener.GetContext().Response.Close();
                }
                catch (Exception)
                {
                    // It was stopped.
                    return;
                }
            }
        }

        // The layer between the real server and HttpListener (OWIN) adds the slash that HttpListener insists on.
        private static string WithFinalSlash(string uri)
        {
            return uri.EndsWith("/") ? uri : uri + "/";
        }

        private static string Say(Exception error)
        {
            return error.GetType().Name + ": " + error.Message;
        }
    }

    /// <summary>A client that sends the path as it is, and the Host header that the URI demands.</summary>
    public static class Client
    {
        private const int Limit = 20000;

        /// <summary>Return the status of the answer, or what went wrong; "https" is not asked.</summary>
        public static string Ask(string uri)
        {
            if (!uri.StartsWith("http://"))
            {
                return "https";
            }
            try
            {
                var rest = uri.Substring("http://".Length);
                var slash = rest.IndexOf('/');
                var host = rest.Substring(0, slash);
                var port = 80;
                var colon = host.LastIndexOf(':');
                if (colon > host.LastIndexOf(']'))
                {
                    port = int.Parse(host.Substring(colon + 1));
                    host = host.Substring(0, colon);
                }
                var name = host == "+" || host == "*" ? "public.example.org" : host;
                return Send(Connect(host, port), name, rest.Substring(slash));
            }
            catch (Exception error)
            {
                return error.GetType().Name + ": " + error.Message;
            }
        }

        // An address is asked there; a name may stand for either loopback address.
        private static TcpClient Connect(string host, int port)
        {
            IPAddress address;
            if (!IPAddress.TryParse(host.Trim('[', ']'), out address))
            {
                address = IPAddress.Loopback;
            }
            try
            {
                return Connect(address, port);
            }
            catch (SocketException)
            {
                return Connect(IPAddress.IPv6Loopback, port);
            }
        }

        private static TcpClient Connect(IPAddress address, int port)
        {
            var client = new TcpClient(address.AddressFamily) { ReceiveTimeout = Limit, SendTimeout = Limit };
            client.Connect(address, port);
            return client;
        }

        private static string Send(TcpClient client, string host, string path)
        {
            using (client)
            {
                var head = "GET " + path + "x HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
                var bytes = Encoding.UTF8.GetBytes(head);
                client.GetStream().Write(bytes, 0, bytes.Length);
                var line = new StreamReader(client.GetStream()).ReadLine() ?? "";
                return line.Split(' ').ElementAtOrDefault(1) ?? line;
            }
        }
    }

    public static class Json
    {
        public static string List(IEnumerable<string> texts)
        {
            return "[" + string.Join(",", texts.Select(Quote)) + "]";
        }

        public static string Quote(string text)
        {
            var quoted = new StringBuilder("\"");
            foreach (var one in text)
            {
                var plain = one >= ' ' && one <= '~' && one != '"' && one != '\\';
                quoted.Append(plain ? one.ToString() : "\\u" + ((int)one).ToString("x4"));
            }
            return quoted.Append('"').ToString();
        }
    }
}
