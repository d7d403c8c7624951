// Copyright (c) 2026 constellation.edge contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// A server on Mono's HttpListener that finds its Console by as many spellings as a server of that kind can: whatever way
// the listener tells a path (as sent, decoded, with its dots resolved), with backslashes and doubled slashes as one
// slash, in any case, compared as bytes and by a culture. What this one does not find, the real one does not find either.
//
// `spellings NAME` prints, escaped, whatever a culture takes for the name with one code point more or another one.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Text;

public static class Listener
{
    private static readonly CompareInfo Culture = CultureInfo.InvariantCulture.CompareInfo;

    public static void Main(string[] arguments)
    {
        if (arguments[0] == "spellings")
        {
            foreach (var spelling in Spellings(arguments[1]).Where(each => Means(each, arguments[1])))
            {
                Console.WriteLine(Escaped(spelling));
            }
            return;
        }
        var listener = new HttpListener();
        listener.Prefixes.Add(arguments[0]);
        listener.Start();
        Console.WriteLine("ready");
        while (true)
        {
            var context = listener.GetContext();
            var readings = Readings(context.Request).ToList();
            var found = readings.Any(path => Parts(path, arguments[1]));
            var text = (found ? "console " : "other ") + string.Join(" ", readings.Select(Uri.EscapeDataString));
            var bytes = Encoding.UTF8.GetBytes(text);
            context.Response.ContentLength64 = bytes.Length;
            context.Response.OutputStream.Write(bytes, 0, bytes.Length);
            context.Response.Close();
        }
    }

    private static IEnumerable<string> Readings(HttpListenerRequest request)
    {
        yield return Uri.UnescapeDataString(request.RawUrl.Split('?', '#')[0]);
        yield return Uri.UnescapeDataString(request.Url.AbsolutePath);
        yield return request.Url.LocalPath;
        yield return "/" + request.Url.GetComponents(UriComponents.Path, UriFormat.SafeUnescaped);
        yield return "/" + request.Url.GetComponents(UriComponents.Path, UriFormat.Unescaped);
    }

    // The folder behind any base: a listenUri may have any path.
    private static bool Parts(string path, string folder)
    {
        var parts = new List<string>();
        foreach (var part in path.Replace('\\', '/').Split('/').Where(part => part != "" && part != "."))
        {
            if (part != "..")
            {
                parts.Add(part);
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
        }
        return parts.Any(part => Means(part, folder));
    }

    private static bool Means(string part, string folder)
    {
        return string.Equals(part, folder, StringComparison.OrdinalIgnoreCase)
            || Culture.IsPrefix(part, folder, CompareOptions.IgnoreCase);
    }

    // Each code point once more and in the place of each letter; halves of a pair, too. Those of the first plane stand
    // before, behind and between the letters. The others, of which none is passed over, stand in one place: whatever
    // is behind the name leaves it a beginning.
    private static IEnumerable<string> Spellings(string name)
    {
        for (var code = 1; code <= 0x10FFFF; code++)
        {
            var first = code <= 0xFFFF;
            var character = first ? ((char)code).ToString() : char.ConvertFromUtf32(code);
            for (var at = 0; at <= name.Length; at++)
            {
                if (first || at == name.Length / 2)
                {
                    yield return name.Insert(at, character);
                }
                if (at < name.Length)
                {
                    yield return name.Remove(at, 1).Insert(at, character);
                }
            }
        }
    }

    // UTF-8, in which half of a pair has three bytes as any other character: .NET would put a question mark there.
    private static string Escaped(string text)
    {
        var escaped = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            var half = char.IsSurrogate(text[at]);
            var pair = half && char.IsSurrogatePair(text, at);
            escaped.Append(half && !pair ? Half(text[at]) : Uri.EscapeDataString(text.Substring(at, pair ? 2 : 1)));
            at += pair ? 1 : 0;
        }
        return escaped.ToString();
    }

    private static string Half(char half)
    {
        return string.Format("%{0:X2}%{1:X2}%{2:X2}", 0xE0 | half >> 12, 0x80 | half >> 6 & 0x3F, 0x80 | half & 0x3F);
    }
}
