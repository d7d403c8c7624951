# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: words of nginx and of other proxies that owners look for here, each with what to write instead.

`{file}` is the file of the site. What is said to stay there is written by hand and left by the next run
(`test_wishes.py` has the collection's own editor show it): a line in a location of a route whose name the route does
not set, and a block without our mark.
"""

from __future__ import annotations

from collections.abc import Mapping

_STAYS = "into the route's location in {file} after the first run; it stays"
_CERTIFICATE = "leave it out: each site gets a certificate from Let's Encrypt, and keeps it renewed"
_AUTOMATIC = "leave it out: every site has it"
_LOGIN = "write `access: login` in a site or a route"
_ACCESS = "write `access: lan` in a site or a route, beside it `allow: [ADDRESS]` or `deny: [ADDRESS]`"
_RATE = "write `rate_limit: 10r/s burst 20` in a route"
_OPEN = "write `connection_limit: 20` in a route"
_BANDWIDTH = "write `bandwidth: 1m` in a route: bytes a second of one answer"
_HEADER = "write `request_headers: {NAME: VALUE}` in a route"
_ANSWER_HEADER = "write `headers: {NAME: VALUE}` in a route"
_HIDDEN_HEADER = "write `hide_headers: [NAME]` in a route"
_ERROR_PAGE = "write `error_pages: {502: FILE}` in a site, or `error_pages: true`"
_POLICY = "write `content_policy: basic` in a site, or `headers: {Content-Security-Policy: TEXT}` in a route"
_MAINTENANCE = "write `maintenance: true` to answer 503"
_FILES = "write `static: DIRECTORY` in a route, in the place of `upstream`"
_REDIRECT = (
    "write `redirect: URL` in a route, in the place of `upstream`; `moved_from: /OLD/` sends readers of an old path on"
)
_STATUS = "write `return: CODE` in a route, in the place of `upstream`"
_UPSTREAM = "write `upstream: http://ADDRESS:PORT`"
_TIMEOUT = "write `read_timeout: SECONDS`"
_BODY = "write `max_body_size: 100m`"
_NAME = "write `server_name: NAME`, or a list of names"
_COMPRESSION = "write `compression: gzip` in a site, or a list"
_STREAM = (
    "TCP and UDP are not proxied: `edge_firewall_rules` opens a port; for nginx, write a `stream` block into a file of "
    "your own, /etc/nginx/modules-enabled/99-NAME.conf (package libnginx-mod-stream); it stays"
)
_DNS = "the collection enters no names: point each to your router's address at your DNS provider"
_WILDCARD = "there are no wildcards: list each name in `server_name`"
_BALANCE = "write a list, `upstream: [http://ADDRESS:PORT, http://ADDRESS:PORT]`, in a route"
_TEXT = "write nginx's own directives as `raw: |` in a site or a route"
_PLAIN = "leave it out: port 80 redirects to HTTPS; `http: serve` or `http_code: 308` in a site says otherwise"
_PROXIES = "write `trusted_proxies: [ADDRESS]`, or `trusted_proxies: cloudflare`, in a site"
_LISTEN = "write `listen: [ADDRESS]` in a site"
_DEFAULT = "write `default: true` in a site"
_CACHE = "write `cache: {size: 1g, types: [images, styles, scripts, fonts]}` in a route"

_CRAWLERS = "write `crawlers: refuse` in a site"


def _each(words: str, sentence: str) -> dict[str, str]:
    return dict.fromkeys(words.split(), sentence)


#: What a site and a route have in common.
_BOTH = {
    **_each("auth login basic_auth auth_basic auth_basic_user_file htpasswd user password authentication", _LOGIN),
    **_each(
        "auth_request authelia authentik sso oauth",
        f"no key asks another service: write `auth_request /login-check;` {_STAYS}",
    ),
    **_each("whitelist blacklist allowlist denylist acl access_list satisfy ip_filter restrict", _ACCESS),
    **_each("ratelimit limit limits limit_req limit_req_zone throttle rate", _RATE),
    **_each("limit_conn limit_conn_zone max_connections connections", _OPEN),
    **_each("limit_rate speed", _BANDWIDTH),
    **_each("proxy_set_header set_header set_headers request_header upstream_headers", _HEADER),
    **_each("header add_header add_headers response_headers custom_headers cors", _ANSWER_HEADER),
    **_each("proxy_hide_header hide_header remove_headers hidden_headers", _HIDDEN_HEADER),
    **_each("error_page errorpage error_document custom_errors", _ERROR_PAGE),
    **_each("root alias files try_files autoindex document_root directory", _FILES),
    **_each("redirects rewrite redirect_to redir", _REDIRECT),
    **_each("respond status status_code", _STATUS),
    **_each("caching proxy_cache proxy_cache_path cache_assets", _CACHE),
    **_each("ssl tls cert certificate certificates https ssl_certificate letsencrypt acme", _CERTIFICATE),
    **_each("http2 http3 ipv6 security_headers", _AUTOMATIC),
    **_each("force_https force_ssl ssl_redirect ssl_forced https_redirect redirect_code", _PLAIN),
    **_each("gzip brotli zstd compress encode", _COMPRESSION),
    **_each("csp content_security_policy", _POLICY),
    **_each("robots robots_txt bot bots bad_bots block_bots ai_bots user_agent user_agents scanners", _CRAWLERS),
    **_each("stream streams tcp udp", _STREAM),
    **_each("dns dns_challenge ddns dyndns", _DNS),
    **_each("cdn cloudflare trusted_proxy real_ip realip set_real_ip_from real_ip_header", _PROXIES),
    **_each("wildcard wildcards", _WILDCARD),
    **_each("load_balancing backends servers upstreams balance", _BALANCE),
    **_each("snippet extra custom config extra_config advanced_config directives location_extra", _TEXT),
}
ROUTE_WISHES = {
    **_BOTH,
    **_each("url uri target proxy_pass backend destination dest forward_host forward_to service to", _UPSTREAM),
    **_each("host hostname ip address server port forward_port backend_port upstream_host upstream_port", _UPSTREAM),
    **_each(
        "grpc grpc_pass h2c grpcs",
        "write `upstream: grpc://ADDRESS:PORT`, or with TLS `upstream: grpcs://ADDRESS:PORT`",
    ),
    **_each("timeout proxy_read_timeout timeouts proxy_timeout send_timeout proxy_send_timeout", _TIMEOUT),
    **_each("client_max_body_size body_size max_body upload_size max_upload max_upload_size upload_limit", _BODY),
    **_each("websockets ws allow_websocket_upgrade web_sockets upgrade", "leave it out, or write `websocket: true`"),
    **_each("proxy_buffering buffer", "write `buffering: true` or `buffering: false`"),
    **_each("location url_path uri_path", "write `path: /PREFIX/`"),
    **_each("strip_prefix strip_path rewrite_path", "write `prefix: strip`"),
    **_each("preset application template", "write `app: NAME`"),
    **_each("scheme protocol forward_scheme", "write it in `upstream: https://ADDRESS:PORT`"),
    **_each("domain domains", "write the name as `server_name` of the site"),
    **_each("code", "write it in `redirect: {to: URL, code: CODE}`, or in `return`"),
    **_each("try", "write it in `static: {directory: DIRECTORY, index: NAME, try: NAME}`"),
    **_each("verify insecure_skip_verify", "write it in `upstream_tls: {verify: system}`"),
    **_each("pin pinned fingerprint self_signed", "write `upstream_tls: {verify: pin}`"),
    **_each("weight backup", "write it in an item of `upstream`, `{url: URL, weight: 3, backup: true}`"),
}
SITE_WISHES = {
    **_BOTH,
    **_each("alias", "write `aliases: [NAME]`"),
    **_each("domain domains host hostname name names fqdn server server_names domain_name domain_names url", _NAME),
    **_each("location paths services proxy_hosts proxies", "write `routes:`, a list of routes"),
    **_each("address addresses bind bind_address interface interfaces listen_address ip ips", _LISTEN),
    **_each("port ports https_port http_port", "leave it out: sites have the ports 80 and 443"),
    **_each("default_server default_site catch_all catchall fallback", _DEFAULT),
    **_each("email mail", "write `edge_email` beside `edge_sites`"),
    **_each("offline closed down maintenance_mode under_maintenance disabled", _MAINTENANCE),
}
#: Without `edge_`.
VARIABLE_WISHES = {
    **_each("streams stream tcp udp", _STREAM),
    **_each("routes route upstream upstreams services apps hosts host proxies", "write it into `edge_sites`"),
    **_each("domain domains server_name server_names name names", "write `server_name` in a site of `edge_sites`"),
    **_each("firewall ports open_ports ufw ufw_rules", "write `edge_firewall_rules`"),
    **_each("fail2ban ignoreip ignore_ip whitelist bantime", "write `edge_fail2ban_ignoreip`, or `hardening_bantime`"),
    **_each("letsencrypt_email acme_email certbot_email account", "write `edge_email`"),
    **_each("ssl tls certificate certificates https", _CERTIFICATE),
    **_each("acme letsencrypt_server ca staging acme_directory", "write `edge_acme_server`"),
    **_each("report", "write `edge_report_file`"),
    **_each("dns ddns dyndns dns_provider", _DNS),
    **_each(
        "cdn cloudflare trusted_proxy trusted_proxies real_ip realip set_real_ip_from", f"{_PROXIES} of `edge_sites`"
    ),
    **_each("wildcard wildcards", _WILDCARD),
    **_each("headers add_header response_headers", f"{_ANSWER_HEADER} of `edge_sites`"),
    **_each("request_headers proxy_set_header", f"{_HEADER} of `edge_sites`"),
    **_each("hide_headers proxy_hide_header", f"{_HIDDEN_HEADER} of `edge_sites`"),
    **_each("error_page error_pages", f"{_ERROR_PAGE} of `edge_sites`"),
    **_each("rate_limit limit_req", f"{_RATE} of `edge_sites`"),
    **_each("auth login", f"{_LOGIN} of `edge_sites`"),
    **_each("access allow deny", f"{_ACCESS} of `edge_sites`"),
    **_each("cache caching", f"{_CACHE} of `edge_sites`"),
    **_each("redirect redirects", f"{_REDIRECT} of `edge_sites`"),
    **_each("static root", f"{_FILES} of `edge_sites`"),
}


def wish(word: object, wishes: Mapping[str, str], file: str = "") -> str:
    """Return what to write instead of a word, "" where it is none of these."""
    return wishes.get(str(word).lower().replace("-", "_"), "").replace("{file}", file)
