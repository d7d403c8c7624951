# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys of a site and of a route; `make docs` writes this file from `plugin_utils/_inventory/site.py`."""

from __future__ import annotations


class ModuleDocFragment:
    """The option that has the sites of a host."""

    DOCUMENTATION = r"""
options:
  sites:
    description:
    - The sites of this host, as in C(inventory.example.yml). Not needed on hosts outside the group C(edge).
    - A mistake is answered before anything is changed, with file, line and the nearest valid name.
    type: list
    elements: dict
    suboptions:
      server_name:
        description:
        - The names of the site. The first one names the certificate.
        - 'For example C(server_name: home.example.org).'
        type: list
        elements: str
        required: true
      routes:
        description:
        - What stands below which path.
        - Each path leads to one service, or has one other answer.
        - By default, required, but where redirect is.
        type: list
        elements: dict
        suboptions:
          path:
            description:
            - 'Where clients find the service: V(/), a prefix such as V(/zm/), or one of the other forms of
              nginx''s C(location).'
            - V(= /status) is this one path. V(~ REGEX) is each path that the regular expression matches,
              and V(~* REGEX) is the same without regard to case. Of the expressions of a site the first that
              matches counts.
            - Expressions come before prefixes. A prefix such as V(^~ /zm/) comes before the expressions.
            - 'For example C(path: /zm/).'
            type: str
            required: true
          app:
            description:
            - What a preset knows of the service; C(generic) knows nothing.
            - The route's other keys win over the preset, which wins over their defaults.
            - The presets are C(calibreweb), C(constellation), C(domoticz), C(emby), C(freshrss), C(generic),
              C(grafana), C(homeassistant), C(immich), C(jeedom), C(jellyfin), C(motioneye), C(nodered), C(ntfy),
              C(octoprint), C(openhab), C(portainer), C(radarr), C(radicale), C(sonarr), C(syncthing), C(uptimekuma),
              C(vaultwarden), C(zoneminder) and C(zwavejsui).
            - Of these, C(homeassistant), C(immich), C(ntfy), C(openhab) and C(uptimekuma) need V(/) as the
              path of the route.
            - C(freshrss), C(generic), C(jeedom), C(ntfy) and C(zoneminder) have no usual port, so that the
              route needs an C(upstream).
            - 'For example C(app: zoneminder).'
            type: str
            default: generic
          upstream:
            description:
            - Scheme, host and port of the service, or the Unix socket on which it listens.
            - A path is the service's own one, and takes the place of the route's.
            - Of a list, each request goes to the next one that answers; an item may be a mapping with C(url),
              C(weight) and C(backup).
            - A name that nobody knows never keeps nginx from starting. Its route answers 502 until it is
              known.
            - By default, the preset's usual port on the proxy itself.
            - 'For example C(upstream: http://192.168.0.10:8080).'
            type: raw
          prefix:
            description:
            - Whether the service sees the path of the route; V(strip) takes it away.
            - V(header) keeps it, and tells it to the service in C(prefix_header) as well.
            - With V(strip) the service gets what the client wrote behind the prefix, and its cookies for
              a path get the prefix; those for V(/) stay.
            - A path with a part of two dots, in whatever form, is answered 400.
            - 'For example C(prefix: strip).'
            type: str
            choices:
            - keep
            - strip
            - header
            default: keep
          access:
            description:
            - 'Who may come in: V(public) is everybody, V(lan) the clients in the LAN, V(login) who has a
              name and a password, V(none) nobody.'
            - Of a list one word is enough, and V(lan+login) asks for both.
            - The LAN is loopback, private and link-local addresses, and C(edge_lan).
            - By default, that of the site.
            - 'For example C(access: lan).'
            type: raw
          allow:
            description:
            - Addresses, networks and DNS names that count as the LAN, too. The proxy looks a name up every
              five minutes.
            - By default, that of the site.
            - 'For example C(allow: ["203.0.113.7"]).'
            type: list
            elements: str
          deny:
            description:
            - Addresses, networks and DNS names that are let in by no word, beside those that the site denies.
              Of two networks the narrower one counts.
            - By default, that of the site.
            - 'For example C(deny: ["192.168.0.66"]).'
            type: list
            elements: str
          redirect:
            description:
            - 'Where the route leads instead of to a service: a URL, or a path of the same site.'
            - 'The status is 308 (RFC 9110): for good, with the method and the body of the request. C(code)
              of a mapping is another one: 307 for a time; with 301 (for good), 302 (for a time) and 303 browsers
              make a GET of a POST. Browsers remember 301 and 308.'
            - To a destination that ends in C(/), or has no path, what the client wrote behind the route's
              path comes along with its query. To any other nothing does.
            - By default, a service answers.
            - 'For example C(redirect: https://other.example.org/).'
            type: raw
          return:
            description:
            - The status by which nginx answers itself, alone or with a text.
            - By 444 the connection is closed without an answer.
            - By default, a service answers.
            - 'For example C(return: {"code": 410, "text": "This service has ended."}).'
            type: raw
          static:
            description:
            - A directory on the proxy's host whose files are the answers, for GET and HEAD.
            - Nothing is listed, symbolic links below it are not followed, and what begins with a dot is not
              there, but for C(.well-known). nginx's user must be able to read it, which the run asks before
              it changes anything.
            - By default, a service answers.
            - 'For example C(static: {"directory": "/srv/www", "try": "/index.html"}).'
            type: raw
          sticky:
            description:
            - By what a client is known that always gets the same service of a list in C(upstream).
            - V(address) is the first three numbers of an IPv4 address, so that all of one LAN are one client,
              or the whole IPv6 address.
            - By default, each request goes to the next service.
            - 'For example C(sticky: address).'
            type: str
            choices:
            - address
          keepalive:
            description:
            - How many seconds a connection to the service stays open for the next request.
            - 'It has to be less than the time after which the service itself ends an idle connection: a POST
              that meets that moment is lost. V(false) is for a service that takes one request of a connection,
              or one connection at a time.'
            - Connections are kept to addresses, and to names where nginx asks for them itself, from version
              1.27.3 on. A site with C(adopt) keeps none.
            - By default, 0.8.
            - 'For example C(keepalive: false).'
            type: raw
          prefix_header:
            description:
            - The header by which the service learns the path of the route, with V(prefix=header) or V(prefix=strip).
            - It has the path without its last slash, such as V(/calibre). At V(/) none is sent.
            - 'For example C(prefix_header: X-Script-Name).'
            type: str
            default: ''
          upstream_tls:
            description:
            - Which certificate a service behind C(https://) must show.
            - Without it the way to the service is encrypted, but whoever answers at its address gets the
              requests.
            - By default, the certificate is not checked.
            - 'For example C(upstream_tls: {"verify": "system", "name": "nas.example.org"}).'
            type: dict
            suboptions:
              verify:
                type: raw
                description: 'V(false), V(system) for the authorities that the host trusts, or a file on the
                  controller with the certificate of an authority of your own. V(pin) is for a self-signed
                  certificate: the first run learns it, and no other one is taken until you write its fingerprint,
                  as in V(pin sha256:DIGITS).'
              name:
                type: str
                description: The name that the service's certificate must bear, and by which the service is
                  asked (SNI).
          buffering:
            description:
            - Whether nginx takes an answer from the service before the client has read it.
            - With V(false), events and video come at once. A service is then busy with an answer of more
              than some 100 KB until its client has read it.
            - V(true) is for one of few threads that does not stream, because nginx then takes the whole answer
              at once, and gives nothing on until a buffer is full.
            - 'For example C(buffering: true).'
            type: bool
            default: false
          cache:
            description:
            - Whether nginx keeps answers of the service on the proxy's disk, and gives them to others who
              ask for them.
            - An answer is kept for as long as its C(Cache-Control) or C(Expires) says, and never without
              one. Requests with a login or a cookie go to the service.
            - While the service is off, an answer that is old is given in its place.
            - With C(types), answers for files of these types alone are kept. Without it all are, which needs
              C(buffering=true).
            - By default, nothing is kept.
            - 'For example C(cache: {"size": "2g", "types": ["images", ".pbf"]}).'
            type: raw
          request_buffering:
            description:
            - Whether nginx takes the whole body of a request before the service gets any of it.
            - With V(false), an upload goes to the service as it comes, and the proxy's disk holds nothing
              of it. The service then has to take bodies of unknown length (chunked), and is busy for as long
              as its slowest client.
            - 'For example C(request_buffering: false).'
            type: bool
            default: true
          rate_limit:
            description:
            - 'How many requests a client may send: V(10r/s) a second, V(30r/m) a minute.'
            - 'They have to come evenly: of V(10r/s), one in each tenth of a second. V(burst 20) lets 20 more
              come at once.'
            - What is over it is answered 429. An address that is refused 600 times within 10 minutes is banned.
            - An IPv6 client is its network of 64 bits. What the host itself asks is not counted.
            - By default, no limit.
            - 'For example C(rate_limit: 10r/s burst 20).'
            type: raw
          connection_limit:
            description:
            - How many requests of a client may be open at once. What is over it is answered 429.
            - A stream and a WebSocket are open until they end. Of HTTP/2, each request of a connection counts.
            - An IPv6 client is its network of 64 bits. What the host itself asks is not counted.
            - By default, no limit.
            - 'For example C(connection_limit: 20).'
            type: raw
          bandwidth:
            description:
            - 'How many bytes a second a client gets of one answer: V(1m) is 1024 kB, some 8 Mbit.'
            - Two answers at once get as much each. It is the average since the request, so that a stream
              which was silent may catch up. What a client sends, and a WebSocket, has no limit.
            - 'A service needs C(buffering=true) beside it: nginx does not limit what it passes on as it comes.'
            - By default, no limit.
            - 'For example C(bandwidth: 1m).'
            type: raw
          read_timeout:
            description:
            - How many seconds the service may be silent before the proxy gives up.
            - A WebSocket may be silent for as long.
            - 'For example C(read_timeout: 150).'
            type: int
            default: 7200
          max_body_size:
            description:
            - The largest body of a request, in nginx's notation; V(0) is no limit of the proxy's.
            - 'For example C(max_body_size: 10m).'
            type: str
            default: '0'
          websocket:
            description:
            - Whether a client may ask the service for a WebSocket.
            - 'For example C(websocket: false).'
            type: bool
            default: true
          method_override:
            description:
            - Whether a client may have its method replaced by a header; the editor of WordPress needs V(true).
            - 'For example C(method_override: true).'
            type: bool
            default: false
          headers:
            description:
            - Headers that clients get with each answer of the route, beside those of the site.
            - The route's value takes the place of the site's own, as of C(Referrer-Policy); an empty one
              sends none.
            - A header of the service's of the same name is sent as well, unless C(hide_headers) names it.
              An error page that nginx itself makes has the headers of the site alone.
            - 'For example C(headers: {"X-Robots-Tag": "noindex"}).'
            type: dict
          hide_headers:
            description:
            - Headers of the service's answers that no client gets.
            - C(Strict-Transport-Security) and C(X-Powered-By) are always among them, but on a site that adopts.
            - Where one of a service's is hidden that the site says otherwise, such as C(X-Frame-Options),
              the site sends none instead; write one into C(headers).
            - 'For example C(hide_headers: ["X-Generator"]).'
            type: list
            elements: str
          request_headers:
            description:
            - Headers that the service gets with each request, in the place of those of the client.
            - A value may have variables of nginx, such as V($remote_addr). One that is empty takes the header
              away.
            - A header that services believe from their proxy takes no value that a client decides on, and
              no user's name.
            - 'For example C(request_headers: {"X-Script-Name": "/octoprint"}).'
            type: dict
          console:
            description:
            - With C(app=constellation), who may open what the server keeps for its own host (C(localhostOnly)
              of a C(fileServer), as the Console comes), when the server is on the proxy's host.
            - V(lan) answers 403 to everybody outside the LAN, V(public) lets everybody in.
            - A server on another host keeps it for that host itself.
            - 'For example C(console: public).'
            type: str
            choices:
            - lan
            - public
            default: lan
          probe:
            description:
            - What C(verify.yml) asks beyond the page.
            - 'For example C(probe: {"status": [200, 401]}).'
            type: dict
            suboptions: &id001
              path:
                type: str
                description: The path that is asked instead of the page, below that of the route. Without
                  it nothing is asked of a route whose C(path) is a regular expression.
              sse:
                type: str
                description: The path of server-sent events, below that of the route.
              status:
                type: list
                elements: int
                description: The status codes that are right.
              stream:
                type: str
                description: The path of a stream without end, such as MJPEG, below that of the route.
              websocket:
                type: str
                description: The path of a WebSocket, below that of the route.
          moved_from:
            description:
            - A path that the route had before. GET and HEAD for it get a 308 (RFC 9110) to the same place
              below the route's path.
            - An owner's location there stays otherwise as it is.
            - When C(app=constellation) moves away from the site's V(/) and no other route has that path,
              the default is V(/), which the summary says. An empty text is no path.
            - By default, what stands there.
            - 'For example C(moved_from: /old/).'
            type: str
          raw:
            description:
            - 'Directives of nginx for the route''s location that no key says: a text, or a mapping of names
              to arguments.'
            - What a key says is refused, with that key. Whether the rest is right nginx says, before it is
              live.
            - Everybody on the host may read them.
            - 'For example C(raw: limit_rate 1m;).'
            type: raw
            default: ''
          users:
            description:
            - Who may log in, as a list of names out of C(edge_users), or with passwords or hashes of its
              own.
            - A password is locked by Ansible Vault or comes from a lookup; one that a file shows to every
              reader is refused. A hash of SHA-512 (C($6$)) or SHA-256 (C($5$)) with up to 5,000 rounds, or
              C($apr1$), may stand anywhere.
            - By default, those of the site.
            - 'For example C(users: {{ vaulted_users }}).'
            - The value is secret.
            type: raw
          locations:
            description:
            - Parts of the service with settings of their own.
            - What a location does not say is as the route says it. Of regular expressions the first that
              matches counts.
            - 'For example C(locations: [{"path": "/api/", "max_body_size": "10g"}]).'
            type: list
            elements: dict
            suboptions:
              path:
                description:
                - 'Where it is, in the forms of the route''s C(path), and without that: V(/api/) of a route
                  V(/photos/) is V(/photos/api/).'
                - An expression that begins with C(^/) is bound to the path of the route; any other one matches
                  anywhere below it.
                - 'For example C(path: /api/).'
                type: str
                required: true
              access:
                description:
                - 'Who may come in: V(public) is everybody, V(lan) the clients in the LAN, V(login) who has
                  a name and a password, V(none) nobody.'
                - Of a list one word is enough, and V(lan+login) asks for both.
                - The LAN is loopback, private and link-local addresses, and C(edge_lan).
                - By default, that of the site.
                - 'For example C(access: lan).'
                type: raw
              allow:
                description:
                - Addresses, networks and DNS names that count as the LAN, too. The proxy looks a name up
                  every five minutes.
                - By default, that of the site.
                - 'For example C(allow: ["203.0.113.7"]).'
                type: list
                elements: str
              deny:
                description:
                - Addresses, networks and DNS names that are let in by no word, beside those that the site
                  denies. Of two networks the narrower one counts.
                - By default, that of the site.
                - 'For example C(deny: ["192.168.0.66"]).'
                type: list
                elements: str
              redirect:
                description:
                - 'Where the route leads instead of to a service: a URL, or a path of the same site.'
                - 'The status is 308 (RFC 9110): for good, with the method and the body of the request. C(code)
                  of a mapping is another one: 307 for a time; with 301 (for good), 302 (for a time) and 303
                  browsers make a GET of a POST. Browsers remember 301 and 308.'
                - To a destination that ends in C(/), or has no path, what the client wrote behind the route's
                  path comes along with its query. To any other nothing does.
                - By default, a service answers.
                - 'For example C(redirect: https://other.example.org/).'
                type: raw
              return:
                description:
                - The status by which nginx answers itself, alone or with a text.
                - By 444 the connection is closed without an answer.
                - By default, a service answers.
                - 'For example C(return: {"code": 410, "text": "This service has ended."}).'
                type: raw
              static:
                description:
                - A directory on the proxy's host whose files are the answers, for GET and HEAD.
                - Nothing is listed, symbolic links below it are not followed, and what begins with a dot
                  is not there, but for C(.well-known). nginx's user must be able to read it, which the run
                  asks before it changes anything.
                - By default, a service answers.
                - 'For example C(static: {"directory": "/srv/www", "try": "/index.html"}).'
                type: raw
              buffering:
                description:
                - Whether nginx takes an answer from the service before the client has read it.
                - With V(false), events and video come at once. A service is then busy with an answer of more
                  than some 100 KB until its client has read it.
                - V(true) is for one of few threads that does not stream, because nginx then takes the whole
                  answer at once, and gives nothing on until a buffer is full.
                - 'For example C(buffering: true).'
                type: bool
                default: false
              cache:
                description:
                - Whether nginx keeps answers of the service on the proxy's disk, and gives them to others
                  who ask for them.
                - An answer is kept for as long as its C(Cache-Control) or C(Expires) says, and never without
                  one. Requests with a login or a cookie go to the service.
                - While the service is off, an answer that is old is given in its place.
                - With C(types), answers for files of these types alone are kept. Without it all are, which
                  needs C(buffering=true).
                - By default, nothing is kept.
                - 'For example C(cache: {"size": "2g", "types": ["images", ".pbf"]}).'
                type: raw
              request_buffering:
                description:
                - Whether nginx takes the whole body of a request before the service gets any of it.
                - With V(false), an upload goes to the service as it comes, and the proxy's disk holds nothing
                  of it. The service then has to take bodies of unknown length (chunked), and is busy for
                  as long as its slowest client.
                - 'For example C(request_buffering: false).'
                type: bool
                default: true
              rate_limit:
                description:
                - 'How many requests a client may send: V(10r/s) a second, V(30r/m) a minute.'
                - 'They have to come evenly: of V(10r/s), one in each tenth of a second. V(burst 20) lets
                  20 more come at once.'
                - What is over it is answered 429. An address that is refused 600 times within 10 minutes
                  is banned.
                - An IPv6 client is its network of 64 bits. What the host itself asks is not counted.
                - By default, no limit.
                - 'For example C(rate_limit: 10r/s burst 20).'
                type: raw
              connection_limit:
                description:
                - How many requests of a client may be open at once. What is over it is answered 429.
                - A stream and a WebSocket are open until they end. Of HTTP/2, each request of a connection
                  counts.
                - An IPv6 client is its network of 64 bits. What the host itself asks is not counted.
                - By default, no limit.
                - 'For example C(connection_limit: 20).'
                type: raw
              bandwidth:
                description:
                - 'How many bytes a second a client gets of one answer: V(1m) is 1024 kB, some 8 Mbit.'
                - Two answers at once get as much each. It is the average since the request, so that a stream
                  which was silent may catch up. What a client sends, and a WebSocket, has no limit.
                - 'A service needs C(buffering=true) beside it: nginx does not limit what it passes on as
                  it comes.'
                - By default, no limit.
                - 'For example C(bandwidth: 1m).'
                type: raw
              read_timeout:
                description:
                - How many seconds the service may be silent before the proxy gives up.
                - A WebSocket may be silent for as long.
                - 'For example C(read_timeout: 150).'
                type: int
                default: 7200
              max_body_size:
                description:
                - The largest body of a request, in nginx's notation; V(0) is no limit of the proxy's.
                - 'For example C(max_body_size: 10m).'
                type: str
                default: '0'
              websocket:
                description:
                - Whether a client may ask the service for a WebSocket.
                - 'For example C(websocket: false).'
                type: bool
                default: true
              method_override:
                description:
                - Whether a client may have its method replaced by a header; the editor of WordPress needs
                  V(true).
                - 'For example C(method_override: true).'
                type: bool
                default: false
              headers:
                description:
                - Headers that clients get with each answer of the route, beside those of the site.
                - The route's value takes the place of the site's own, as of C(Referrer-Policy); an empty
                  one sends none.
                - A header of the service's of the same name is sent as well, unless C(hide_headers) names
                  it. An error page that nginx itself makes has the headers of the site alone.
                - 'For example C(headers: {"X-Robots-Tag": "noindex"}).'
                type: dict
              hide_headers:
                description:
                - Headers of the service's answers that no client gets.
                - C(Strict-Transport-Security) and C(X-Powered-By) are always among them, but on a site that
                  adopts.
                - Where one of a service's is hidden that the site says otherwise, such as C(X-Frame-Options),
                  the site sends none instead; write one into C(headers).
                - 'For example C(hide_headers: ["X-Generator"]).'
                type: list
                elements: str
              request_headers:
                description:
                - Headers that the service gets with each request, in the place of those of the client.
                - A value may have variables of nginx, such as V($remote_addr). One that is empty takes the
                  header away.
                - A header that services believe from their proxy takes no value that a client decides on,
                  and no user's name.
                - 'For example C(request_headers: {"X-Script-Name": "/octoprint"}).'
                type: dict
              probe:
                description:
                - What C(verify.yml) asks beyond the page.
                - 'For example C(probe: {"status": [200, 401]}).'
                type: dict
                suboptions: *id001
              raw:
                description:
                - 'Directives of nginx for the route''s location that no key says: a text, or a mapping of
                  names to arguments.'
                - What a key says is refused, with that key. Whether the rest is right nginx says, before
                  it is live.
                - Everybody on the host may read them.
                - 'For example C(raw: limit_rate 1m;).'
                type: raw
                default: ''
              users:
                description:
                - Who may log in, as a list of names out of C(edge_users), or with passwords or hashes of
                  its own.
                - A password is locked by Ansible Vault or comes from a lookup; one that a file shows to every
                  reader is refused. A hash of SHA-512 (C($6$)) or SHA-256 (C($5$)) with up to 5,000 rounds,
                  or C($apr1$), may stand anywhere.
                - By default, those of the site.
                - 'For example C(users: {{ vaulted_users }}).'
                - The value is secret.
                type: raw
          drops:
            description:
            - Directives that protected a service there, and that may be lost with a change.
            - 'For example C(drops: ["auth_basic"]).'
            type: list
            elements: str
            choices:
            - auth_basic
            - auth_jwt
            - auth_request
            - deny
            - limit_conn
            - limit_req
            - ssl_verify_client
      adopt:
        description:
        - Whether the routes go into the servers that their owner made for these names, wherever nginx reads
          them.
        - Everything else in them stays. Without it, such a server is an error.
        - By default, edge_adopt.
        - 'For example C(adopt: true).'
        type: bool
      access:
        description:
        - 'Who may come in, where a route does not say it: see C(access) of a route.'
        - Certificates are renewed in any case. Redirects to HTTPS and of aliases are for everybody.
        - By default, public.
        - 'For example C(access: ["lan", "login"]).'
        type: raw
      allow:
        description:
        - Addresses, networks and DNS names that count as the LAN, too, where a route names none. The proxy
          looks a name up every five minutes.
        - 'For example C(allow: ["203.0.113.7"]).'
        type: list
        elements: str
      deny:
        description:
        - Addresses, networks and DNS names that are let in by no word of any route.
        - 'For example C(deny: ["192.168.0.66"]).'
        type: list
        elements: str
      aliases:
        description:
        - Names that lead to the first name of the site, with path and query (308, RFC 9110).
        - The certificate is for them, too. What is to serve the same pages by several names, without leading
          anywhere, stands in C(server_name).
        - 'For example C(aliases: ["www.example.org"]).'
        type: list
        elements: str
      redirect:
        description:
        - 'Where all of the site leads, in the place of C(routes): what C(redirect) of a route at V(/) says.'
        - By default, the routes answer.
        - 'For example C(redirect: https://home.example.org).'
        type: raw
      hsts:
        description:
        - Whether browsers are told for two years to use HTTPS alone (RFC 6797).
        - 'By default, true, or false on a site that adopts or has http: serve.'
        - 'For example C(hsts: false).'
        type: bool
      drops:
        description:
        - What C(drops) of a route says, for all routes; C(ssl_certificate) is one that was put in by hand.
        - 'For example C(drops: ["deny"]).'
        type: list
        elements: str
        choices:
        - auth_basic
        - auth_jwt
        - auth_request
        - deny
        - limit_conn
        - limit_req
        - ssl_verify_client
        - ssl_certificate
      frame_ancestors:
        description:
        - Origins that may show the site's pages in a frame, beside the sites of the same host; V(any) is
          everybody.
        - What a service says of that itself counts.
        - 'For example C(frame_ancestors: ["https://dashboard.example.org"]).'
        type: raw
      content_policy:
        description:
        - From where browsers load what the site's pages consist of (C(Content-Security-Policy)).
        - 'V(basic) is the site alone: pages load nothing from other hosts and send them no form. V(strict)
          also keeps code and style out that stand in a page, which many applications need.'
        - A service that says C(Content-Security-Policy) or C(X-Frame-Options) itself keeps what it says.
          C(headers) of a route can say another policy.
        - 'For example C(content_policy: basic).'
        type: raw
        default: 'off'
      error_pages:
        description:
        - What browsers show where nginx itself answers, such as 502 for a service that is switched off.
        - V(true) is a page that names the site and says what to do. Otherwise it says the status and what
          it means.
        - 'A mapping has pages of your own, as files on the controller, such as C(502: off.html); other statuses
          have the page of V(true). The page of a service itself stays.'
        - In an adopted server this is for 502, 504 and the statuses that are named, unless it has an C(error_page).
        - 'For example C(error_pages: {"502": "{{ inventory_dir }}/off.html"}).'
        type: raw
        default: false
      maintenance:
        description:
        - Whether everybody gets 503 and a page that says so. The proxy's host itself is let in.
        - C(allow) lets others in, as V(lan) or as a list of networks, in which V(lan) may stand, too.
        - C(until) is when it ends by itself, with its distance from UTC, such as C(2026-12-24 18:00 +01:00).
          Clients are told by C(Retry-After) (RFC 9110). C(text) is what the page says.
        - Aliases and redirects to HTTPS still lead on, and certificates are still renewed. In an adopted
          server, names that are not the site's are served as before.
        - 'For example C(maintenance: {"allow": "lan", "until": "2026-12-24 18:00 +01:00"}).'
        type: raw
        default: false
      crawlers:
        description:
        - V(refuse) answers 403 to crawlers that collect for AI, and to vulnerability scanners, by the name
          that they send.
        - C(/robots.txt) tells those crawlers to leave. Where no route answers there, everybody gets that
          text, so that Google and Apple learn that they may not train with what their search engines read.
        - Search engines, previews of links and feed readers are not refused. Who sends another name is not
          either.
        - 'For example C(crawlers: refuse).'
        type: raw
        default: 'off'
      users:
        description:
        - Who may log in where a route does not say it, as a list of names out of C(edge_users), or with passwords
          or hashes of its own.
        - A password is locked by Ansible Vault or comes from a lookup; one that a file shows to every reader
          is refused. A hash of SHA-512 (C($6$)) or SHA-256 (C($5$)) with up to 5,000 rounds, or C($apr1$),
          may stand anywhere.
        - By default, everybody of edge_users.
        - 'For example C(users: {{ vaulted_users }}).'
        - The value is secret.
        type: raw
      index:
        description:
        - Whether the root of the site has a page with a link to each route, where no route has V(/).
        - Regular expressions have no link, nor have gRPC services and routes that only C(return) a status.
        - Everybody who may open the site reads it. Otherwise the root answers 404.
        - 'For example C(index: true).'
        type: bool
        default: false
      compression:
        description:
        - 'By which formats answers are compressed: V(off), V(gzip), V(brotli), V(zstd), or a list.'
        - HTML, style, scripts, fonts and SVG of 512 bytes and more are, never streams of events, nor what
          the service has compressed itself. A format for which the host's nginx has no module is left out,
          as the summary tells.
        - Off is right for pages that show a secret beside what a client sent (BREACH).
        - By default, HTML, style, scripts, fonts and SVG by gzip, where nginx.conf says gzip on.
        - 'For example C(compression: ["brotli", "gzip"]).'
        type: raw
      raw:
        description:
        - 'Directives of nginx for the site''s HTTPS server that no key says: a text, or a mapping of names
          to arguments.'
        - 'What a key says is refused, with that key, as is what would answer in the place of all routes.
          A C(location) is one that clients do not reach: C(@name), or C(= /path) with C(internal;).'
        - What the site and its routes ask of each request, they ask first. Everybody on the host may read
          the lines.
        - 'For example C(raw: auth_request /login-check;).'
        type: raw
        default: ''
      raw_http:
        description:
        - 'Definitions of nginx beside the server, which C(raw) of the site and of its routes name: C(map),
          C(geo), C(upstream), C(limit_req_zone), C(log_format) and their like.'
        - Each name is known to all sites, so that no two sites say the same one.
        - 'For example C(raw_http: limit_req_zone $binary_remote_addr zone=login:1m rate=1r/s;).'
        type: raw
        default: ''
      http:
        description:
        - What the names of the site answer on port 80, without TLS.
        - V(redirect) leads to HTTPS. V(serve) answers as HTTPS does, for devices without TLS; C(hsts) is
          then off. V(off) closes the connection, as for a name that nobody has.
        - Challenges for the certificate are answered in each case.
        - 'For example C(http: off).'
        type: raw
        default: redirect
      http_code:
        description:
        - The status by which C(http=redirect) leads to HTTPS. With 307 and 308 a client sends a form again.
        - 'For example C(http_code: 308).'
        type: int
        choices:
        - 301
        - 302
        - 307
        - 308
        default: 301
      listen:
        description:
        - The addresses of the host at which the names of the site are answered, on the ports 80 and 443.
        - At its other addresses they are names that nobody has; challenges for the certificate are answered
          at all of them.
        - 'It keeps nobody out: behind a router, all requests come to the address that it forwards to.'
        - By default, all addresses.
        - 'For example C(listen: ["192.168.0.2", "fd00::2"]).'
        type: list
        elements: str
      default:
        description:
        - Whether requests for a name that the host does not have, or for its bare address, are redirected
          here (302).
        - By HTTPS a browser warns first, since the certificate is this site's.
        - On a host without such a site the connection is closed.
        - 'For example C(default: true).'
        type: bool
        default: false
      trusted_proxies:
        description:
        - 'Proxies in front of the site, as addresses, networks, or the name of a CDN: V(cloudflare).'
        - What they say of their client's address counts for logs, bans and limits, and for what the services
          are told.
        - Of a CDN alone it is its own header, V(CF-Connecting-IP); otherwise V(X-Forwarded-For), from its
          end to the first address that is not of the list. From anybody else neither counts.
        - They are neither banned nor counted by the limit of open connections. The LAN is open to nobody
          that a proxy outside the LAN names.
        - 'For example C(trusted_proxies: ["cloudflare", "192.168.0.2"]).'
        type: list
        elements: str
    required: true
"""
