// Copyright (c) 2026 constellation.edge contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Stand-in for a Constellation sentinel: keeps a stream to the server named by ConstellationServerURI open,
// comes back after a failure, and prints what it sees. Over https it trusts what Mono's own store trusts.

using System;
using System.Configuration;
using System.IO;
using System.Net;
using System.Threading;

namespace Constellation.Sentinel
{
    public static class Program
    {
        private const int RetryDelay = 2000;
        private const int SilenceLimit = 30000;
        private const int EventsPerLine = 40;

        public static int Main()
        {
            string server, name, key;
            try
            {
                server = ConfigurationManager.AppSettings["ConstellationServerURI"];
                name = ConfigurationManager.AppSettings["SentinelName"] ?? Environment.MachineName;
                key = ConfigurationManager.AppSettings["ConstellationAccessKey"];
            }
            catch (ConfigurationErrorsException error)
            {
                Console.Error.WriteLine("FATAL configuration refused: " + error.Message);
                return 2;
            }
            if (string.IsNullOrEmpty(server))
            {
                Console.Error.WriteLine("FATAL no ConstellationServerURI in the configuration file");
                return 2;
            }
            // The final slash of the address is optional.
            var stream = server.TrimEnd('/') + "/signalr/connect?transport=serverSentEvents&SentinelName="
                + Uri.EscapeDataString(name) + "&PackageName=Sentinel&AccessKey=" + Uri.EscapeDataString(key ?? "");
            while (true)
            {
                try
                {
                    Listen(server, stream);
                    Console.WriteLine("disconnected from " + server + ": end of stream");
                }
                catch (Exception error)
                {
                    Console.WriteLine("disconnected from " + server + ": " + error.Message);
                }
                Thread.Sleep(RetryDelay);
            }
        }

        private static void Listen(string server, string stream)
        {
            var request = (HttpWebRequest)WebRequest.Create(stream);
            request.Accept = "text/event-stream";
            request.AllowAutoRedirect = false;
            request.ReadWriteTimeout = SilenceLimit;
            using (var response = (HttpWebResponse)request.GetResponse())
            using (var reader = new StreamReader(response.GetResponseStream()))
            {
                if (response.StatusCode != HttpStatusCode.OK)
                {
                    throw new WebException("status " + (int)response.StatusCode + " " + response.Headers["Location"]);
                }
                Console.WriteLine("connected to " + server);
                var count = 0;
                string line;
                while ((line = reader.ReadLine()) != null)
                {
                    if (line.StartsWith("data: {") && count++ % EventsPerLine == 0)
                    {
                        Console.WriteLine("event " + count + " from " + server);
                    }
                }
            }
        }
    }
}
