# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what a client may not say of itself, because services believe it when it comes from their proxy.

Each name with its kind, who believes it, and where that stands. None of them reaches a service, unless a route sets it
or the owner does in the route's location.
"""

from __future__ import annotations

from typing import NamedTuple

IDENTITY, ADDRESS, SCHEME, PREFIX, TARGET, METHOD = "identity", "address", "scheme", "prefix", "target", "method"

_AUTHELIA = ("behind Authelia", "authelia.com, Trusted Header SSO")
_AUTHENTIK = ("behind authentik", "docs.goauthentik.io, proxy provider, header authentication")
_OAUTH2_PROXY = ("behind oauth2-proxy", "oauth2-proxy.github.io, configuration, set-xauthrequest and pass-user-headers")
_TAILSCALE = ("behind tailscale serve", "tailscale.com/kb/1312, identity headers")
_CLOUDFLARE = ("behind Cloudflare", "developers.cloudflare.com, HTTP request headers")
_ACCESS = ("behind Cloudflare Access", "developers.cloudflare.com, validate JWTs")
_GOOGLE = ("behind Google's IAP", "cloud.google.com/iap/docs/identity-howto")
_AZURE = ("behind Azure App Service and Front Door", "learn.microsoft.com, user identities and HTTP headers")
_AMAZON = ("behind an Application Load Balancer", "docs.aws.amazon.com, authenticate users")
_GRAFANA = ("Grafana, with auth.proxy", "grafana.com/docs, configure auth proxy authentication")
_CERTIFICATE = ("services that take a client certificate from their proxy", "RFC 9440, 2023")
_TLS = ("the same, by names of older proxies", "docs.nginx.com and httpd.apache.org, ssl variables sent on")
_ENVOY = ("behind Envoy", "envoyproxy.io, HTTP header manipulation")
_SPRING = ("Spring, ASP.NET, Werkzeug and others", "docs.spring.io, ForwardedHeaderFilter")
_RACK = ("Rack and Rails", "github.com/rack/rack, request.rb")
_CLUSTER = ("behind load balancers of several makers", "adam-p.ca/blog/2022/03/x-forwarded-for")
_SYMFONY = ("Symfony, Zend and IIS's URL rewriting", "CVE-2018-14773")
_OVERRIDE = ("Rails, Express, Symfony and others", "github.com/expressjs/method-override")


class Claim(NamedTuple):
    """One header; `believer` is who takes it for his proxy's word, `source` names the document that says so."""

    name: str
    kind: str
    believer: str
    source: str


def _all(kind: str, names: str, believer: tuple[str, str]) -> list[Claim]:
    return [Claim(name, kind, *believer) for name in names.split()]


CLAIMS: tuple[Claim, ...] = (
    *_all(IDENTITY, "Remote-User Remote-Groups Remote-Name Remote-Email", _AUTHELIA),
    *_all(IDENTITY, "Remote-Role", ("Frigate, with proxy.header_map", "docs.frigate.video, authentication")),
    *_all(IDENTITY, "X-Remote-User X-Remote-Group", ("Kubernetes and Jenkins", "kubernetes.io, authenticating proxy")),
    *_all(IDENTITY, "X-WebAuth-User X-WebAuth-Name X-WebAuth-Email X-WebAuth-Role X-WebAuth-Groups", _GRAFANA),
    *_all(IDENTITY, "X-Forwarded-User X-Forwarded-Email X-Forwarded-Groups", _OAUTH2_PROXY),
    *_all(IDENTITY, "X-Forwarded-Preferred-Username X-Forwarded-Access-Token", _OAUTH2_PROXY),
    *_all(IDENTITY, "X-Auth-Request-User X-Auth-Request-Email X-Auth-Request-Groups", _OAUTH2_PROXY),
    *_all(IDENTITY, "X-Auth-Request-Preferred-Username X-Auth-Request-Access-Token", _OAUTH2_PROXY),
    *_all(IDENTITY, "X-authentik-username X-authentik-groups X-authentik-email X-authentik-name", _AUTHENTIK),
    *_all(IDENTITY, "X-authentik-uid X-authentik-jwt X-authentik-entitlements", _AUTHENTIK),
    *_all(IDENTITY, "Tailscale-User-Login Tailscale-User-Name Tailscale-User-Profile-Pic", _TAILSCALE),
    *_all(IDENTITY, "Cf-Access-Authenticated-User-Email Cf-Access-Jwt-Assertion", _ACCESS),
    *_all(IDENTITY, "X-Goog-Authenticated-User-Email X-Goog-Authenticated-User-Id X-Goog-Iap-Jwt-Assertion", _GOOGLE),
    *_all(IDENTITY, "X-MS-Client-Principal X-MS-Client-Principal-Id X-MS-Client-Principal-Name", _AZURE),
    *_all(IDENTITY, "X-Amzn-Oidc-Identity X-Amzn-Oidc-Data X-Amzn-Oidc-Accesstoken", _AMAZON),
    *_all(IDENTITY, "Client-Cert Client-Cert-Chain", _CERTIFICATE),
    *_all(IDENTITY, "X-Forwarded-Client-Cert", _ENVOY),
    *_all(IDENTITY, "X-Client-Cert X-SSL-Client-Cert X-SSL-Client-Verify X-SSL-Client-S-DN X-SSL-Client-DN", _TLS),
    *_all(IDENTITY, "X-ARR-ClientCert", _AZURE),
    *_all(ADDRESS, "Forwarded", ("whoever implements the standard", "RFC 7239, 2014")),
    *_all(ADDRESS, "CF-Connecting-IP CF-Connecting-IPv6 CF-Pseudo-IPv4 True-Client-IP", _CLOUDFLARE),
    *_all(ADDRESS, "Client-IP X-Client-IP X-Cluster-Client-IP Fastly-Client-IP Fly-Client-IP", _CLUSTER),
    *_all(ADDRESS, "X-Forwarded Forwarded-For X-Originating-IP X-Remote-IP X-Remote-Addr", _CLUSTER),
    *_all(ADDRESS, "X-Original-Forwarded-For X-Original-For X-ProxyUser-Ip", _CLUSTER),
    *_all(ADDRESS, "Proxy-Client-IP WL-Proxy-Client-IP", ("WebLogic", "docs.oracle.com, web server plug-ins")),
    *_all(ADDRESS, "X-Azure-ClientIP X-Azure-SocketIP", _AZURE),
    *_all(ADDRESS, "X-Appengine-User-IP", ("App Engine", "cloud.google.com/appengine/docs, request headers")),
    *_all(ADDRESS, "X-Envoy-External-Address X-Envoy-Internal", _ENVOY),
    *_all(SCHEME, "X-Forwarded-Ssl X-Forwarded-Scheme", _RACK),
    *_all(SCHEME, "X-Forwarded-Protocol X-Url-Scheme", ("Gunicorn and older Django", "docs.gunicorn.org, settings")),
    *_all(SCHEME, "X-Scheme", ("OctoPrint and Calibre-Web", "docs.octoprint.org, reverse proxies")),
    *_all(SCHEME, "Front-End-Https X-ARR-SSL X-Original-Proto", ("IIS and ASP.NET", "learn.microsoft.com, ARR")),
    *_all(SCHEME, "CloudFront-Forwarded-Proto", ("behind CloudFront", "docs.aws.amazon.com, request headers")),
    *_all(PREFIX, "X-Forwarded-Prefix X-Forwarded-Path X-Forwarded-Uri X-Forwarded-Context", _SPRING),
    *_all(PREFIX, "X-Script-Name", ("Calibre-Web, OctoPrint and Radicale", "radicale.org, reverse proxy")),
    *_all(PREFIX, "X-Ingress-Path", ("Frigate and Home Assistant's add-ons", "docs.frigate.video, reverse proxy")),
    *_all(PREFIX, "X-External-Path", ("Z-Wave JS UI", "zwave-js.github.io, subpath")),
    *_all(PREFIX, "X-Deluge-Base", ("Deluge", "dev.deluge-torrent.org, reverse proxy")),
    *_all(TARGET, "X-Forwarded-Server X-Host X-Original-Host X-HTTP-Host-Override", _SPRING),
    *_all(TARGET, "X-Original-URL X-Rewrite-URL", _SYMFONY),
    *_all(TARGET, "X-Original-URI X-Original-Method X-Forwarded-Method", _AUTHELIA),
    *_all(TARGET, "Proxy", ("CGI programs, as HTTP_PROXY", "CVE-2016-5385")),
    *_all(METHOD, "X-HTTP-Method-Override X-HTTP-Method X-Method-Override", _OVERRIDE),
)
