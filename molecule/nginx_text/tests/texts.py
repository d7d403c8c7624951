# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Site files as their owners wrote them; a character stands for a byte."""

from __future__ import annotations

# By hand with tabs, then edited by Certbot, which uses spaces.
HOME = """\
# The family's page. Ask before you change something!
server {
\tserver_name home.example.org www.home.example.org;
\troot\t/var/www/html;

\t# everything that is not a service
\tlocation / {
\t\ttry_files $uri $uri/ =404;
\t}

\tlocation /old/ { # moved in 2023
\t\tproxy_pass http://127.0.0.1:9000;
\t\tproxy_set_header  Host  $host;
\t\tproxy_read_timeout 60s; # long enough
\t\tinclude snippets/forwarded.conf;
\t}

\tlocation ~ \\.php$ { return 403; }

    listen [::]:443 ssl ipv6only=on; # managed by Certbot
    listen 443 ssl; # managed by Certbot
    ssl_certificate /etc/letsencrypt/live/home.example.org/fullchain.pem; # managed by Certbot
    ssl_certificate_key /etc/letsencrypt/live/home.example.org/privkey.pem; # managed by Certbot
    include /etc/letsencrypt/options-ssl-nginx.conf; # managed by Certbot

}


server {
    if ($host = www.home.example.org) {
        return 301 https://$host$request_uri;
    } # managed by Certbot


\tlisten 81;
\tserver_name home.example.org www.home.example.org;
    return 404; # managed by Certbot


}
"""

# Every kind of name, and default servers of every kind.
NAMES = """\
server { listen 8080; server_name plain.example.net; include snippets/places.conf; }
server { listen 8080; server_name *.example.net; }
server { listen 8080; server_name *.deep.example.net; }
server { listen 8080; server_name mail.*; }
server { listen 8080; server_name "~^[a-z]{3}\\.users\\.example\\.com$"; }
server { listen 8080; server_name ~^(?<user>[a-z]+)\\.users\\.example\\.com$; }
server { listen 8080 default_server; server_name _; }
server { listen 8090; server_name first.example.net; }
server { listen 8090; server_name second.example.net; }
server { listen 8091; server_name first.example.net; }
server { listen [::]:8091 default_server; listen 8091; server_name second.example.net; }
server { listen 8092; server_name .two.example.net; }
server { listen 8092; server_name *.two.example.net; }
"""

# Line ends of another system, a letter of two bytes, no line end at the end.
KEPT = """\
# gard\xc3\xa9
server {
  listen 82;
  server_name kept.example.org;

  location = / { return 200 'old'; }
}""".replace("\n", "\r\n")

# What people also write: braces alone, quotes of both kinds, blocks inside blocks, comments in odd places.
STRANGE = """\
map $http_upgrade $strange_upgrade
{
  default upgrade; '' close; # both on one line
}
upstream Strange { server 127.0.0.1:9000; keepalive 4; }

server
{
  listen 83; listen [::]:83;
  server_name strange.example.org
              "www.strange.example.org"; # two lines
  add_header X-Place "caf\xc3\xa9" always;
  set $a '"'; set $b "\\"'";
  if ( $http_cookie ~* "id=([^;]+)(?:;|$)" ) { set $id $1; }

  location =/exact { return 200 ""; }
  location ~* "\\.(?:a{2}|b\\"c)$"
  {
    expires -1;
    location ~ \\.aa$ { deny all; }
  }
  location /ws/ {
    proxy_pass http://strange/;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $strange_upgrade;
    include
      # one that is shared
      snippets/forwarded.conf
      ;
  }
  location @named { return 404; }
  error_page 404 = @named;
}
"""

# A byte that is not UTF-8, which Ansible cannot carry.
LATIN = "server { listen 85; server_name latin.example.org; add_header X-Place 'caf\xe9'; }\n"
