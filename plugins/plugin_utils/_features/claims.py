# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what a client may not say of itself, because services believe it when it comes from their proxy.

Each name with its kind, who believes it, and where that stands. None of them reaches a service, unless a route sets it
or the owner does in the route's location.

A source is a page (host and path), a standard, a known flaw, or a repository's file and the commit at which it was
read. The names were looked up in November 2026.

What replaces a method is emptied, too, as it leads past rules about methods, but where a route says `method_override`:
the editor of WordPress sends each PUT, PATCH and DELETE as a POST with X-HTTP-Method-Override (WordPress/gutenberg
packages/api-fetch/src/middlewares/http-v1.ts at 2ad82ba), so that without it a deletion would be an update.
"""

from __future__ import annotations

from typing import NamedTuple

IDENTITY, ADDRESS, SCHEME, PREFIX, TARGET, METHOD = "identity", "address", "scheme", "prefix", "target", "method"

_AUTHELIA = (
    "behind Authelia; Navidrome, FreshRSS, Paperless-ngx",
    "authelia/authelia docs/content/integration/trusted-header-sso/introduction.md at 16297aa, 2022",
)
_AUTHENTIK = (
    "behind authentik",
    "goauthentik/authentik internal/outpost/proxyv2/application/mode_common.go at 03338a6",
)
_OAUTH2_PROXY = (
    "behind oauth2-proxy; Jenkins",
    "oauth2-proxy/oauth2-proxy pkg/apis/options/legacy_options.go at 012c155",
)
_VOUCH = ("behind Vouch Proxy", "vouch/vouch-proxy config/config.yml_example")
_POMERIUM = ("behind Pomerium", "pomerium.com/docs/reference/pass-identity-headers")
_AUTHCRUNCH = ("behind caddy-security", "docs.authcrunch.com/docs/authorize/headers")
_TAILSCALE = ("behind tailscale serve", "tailscale.com/s/serve-headers")
_CLOUDFLARE = ("behind Cloudflare", "developers.cloudflare.com/fundamentals/reference/http-headers")
_ACCESS = (
    "behind Cloudflare Access",
    "developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json",
)
_GOOGLE = ("behind Google's IAP", "cloud.google.com/iap/docs/identity-howto")
_AZURE = (
    "behind Azure App Service",
    "learn.microsoft.com/azure/app-service/configure-authentication-user-identities",
)
_FRONT_DOOR = ("behind Azure Front Door", "learn.microsoft.com/azure/frontdoor/front-door-http-headers-protocol")
_AMAZON = (
    "behind an Application Load Balancer",
    "docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html",
)
_AMAZON_TLS = (
    "behind an Application Load Balancer",
    "docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html",
)
_GRAFANA = (
    "Grafana, with auth.proxy",
    "grafana/grafana docs/sources/setup-grafana/configure-access/configure-authentication/auth-proxy/index.md",
)
_GITEA = ("Gitea and Forgejo", "go-gitea/gitea modules/setting/security.go")
_KUBERNETES = ("Kubernetes", "kubernetes.io/docs/reference/access-authn-authz/authentication")
_RADICALE = ("Radicale and Kubernetes", "Kozea/Radicale radicale/auth/http_x_remote_user.py at 5e0a387")
_SUPERVISOR = ("add-ons of Home Assistant", "home-assistant/supervisor supervisor/const.py, 2026")
_JENKINS = ("Jenkins, where it is so configured", "jenkinsci/reverse-proxy-auth-plugin README.md at 0824a25")
_CERTIFICATE = ("Keycloak and others that take a client certificate from their proxy", "RFC 9440, 2023")
_TRAEFIK_TLS = ("behind Traefik; Keycloak", "doc.traefik.io/traefik/middlewares/http/passtlsclientcert")
_INGRESS = ("behind ingress-nginx", "kubernetes/ingress-nginx rootfs/etc/nginx/template/nginx.tmpl")
_KEYCLOAK = (
    "behind ingress-nginx; Keycloak",
    "keycloak.org/docs-api, package org.keycloak.services.x509, 26.6",
)
_PUPPET = (
    "Puppet Server; the first one ASP.NET, too",
    "puppetlabs/puppetserver documentation/external_ssl_termination.markdown at 0469c41",
)
_HAPROXY = ("behind HAProxy", "haproxy.com/blog/ssl-client-certificate-information-in-http-headers-and-logs")
_ZENTRAL = ("Zentral, which serves devices", "zentralopensource/zentral zentral/contrib/mdm/views/mdm.py at 02557b7")
_ARR = (
    "behind Azure App Service and IIS",
    "learn.microsoft.com/azure/app-service/app-service-web-configure-tls-mutual-auth",
)
_ENVOY = ("behind Envoy", "envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers")
_REQUEST_IP = ("what uses Node's request-ip", "pbojinov/request-ip src/index.js at 08c9c13")
_REMIX = ("what uses remix-utils", "sergiodxa/remix-utils src/server/get-client-ip-address.ts at 101dffa")
_JEEDOM = ("Jeedom and Rails", "jeedom/core core/class/network.class.php at 016ad0b")
_PARETO = ("plugins of WordPress", "wp-plugins/pareto-security pareto_functions.php at e24f7ef")
_INFOGAMI = ("Open Library; plugins of WordPress", "internetarchive/infogami infogami/infobase/server.py at 3b1b050")
_HUTOOL = (
    "Java services, after WebLogic's plug-in",
    "dromara/hutool hutool-extra/src/main/java/cn/hutool/extra/servlet/ServletUtil.java at 015d6ae",
)
_YII = ("Yii", "yiisoft/yii2 docs/guide/runtime-requests.md at c1b3877")
_DOTNET = (
    "ASP.NET, which says with it what it replaced",
    "dotnet/aspnetcore src/Middleware/HttpOverrides/src/ForwardedHeadersDefaults.cs at 1078b68",
)
_SUCURI = ("plugins of WordPress, behind Sucuri", "Sucuri/sucuri-wordpress-plugin src/base.lib.php at 14958ac")
_CLOUDFRONT = (
    "behind CloudFront",
    "docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html",
)
_RACK = ("Rack and Rails", "rack/rack lib/rack/request.rb at 00cf4f9")
_SENDFILE = ("Rack, Rails and Symfony", "rack/rack lib/rack/sendfile.rb at 00ec07d; symfony/symfony#65683, 2026")
_MOD_WSGI = (
    "mod_wsgi",
    "GrahamDumpleton/mod_wsgi docs/configuration-directives/WSGITrustedProxyHeaders.rst at 2e4e118",
)
_GUNICORN = ("Gunicorn, by itself, and Django's settings of old", "benoitc/gunicorn gunicorn/config.py")
_KALLITHEA = ("Kallithea and RhodeCode", "kallithea-scm.org, kallithea/config/middleware/https_fixup.py")
_SSL_FIXER = (
    "plugins of WordPress",
    "webaware/ssl-insecure-content-fixer includes/class.SSLInsecureContentFixer.php at de8cb32",
)
_JETTY = (
    "Jetty",
    "jetty/jetty.project jetty-server/src/main/java/org/eclipse/jetty/server/ForwardedRequestCustomizer.java",
)
_CALIBRE = ("Calibre-Web and OctoPrint", "janeczku/calibre-web cps/reverseproxy.py at 0955c6d")
_SPRING = (
    "Spring, ASP.NET, Werkzeug, FreshRSS",
    "spring-projects/spring-framework spring-web, org/springframework/web/filter/ForwardedHeaderFilter.java",
)
_CONNEXION = ("behind Kong; Connexion", "spec-first/connexion examples/reverseproxy/README.rst at 74fb926")
_NIFI = ("NiFi, Spark and Kudu", "apache/nifi nifi-web-utils, org/apache/nifi/web/util/WebUtils.java at 58cfae7")
_FORWARD_AUTH = ("Authelia and authentik, asked by Traefik", "doc.traefik.io/traefik/middlewares/http/forwardauth")
_AUTH_REQUEST = ("Authelia and authentik, asked by nginx", "authelia.com/reference/guides/proxy-authorization")
_OVERRIDE = ("Rails, Express, Symfony, WordPress", "expressjs/method-override README.md")
_SYMFONY = ("Symfony, Zend and IIS's URL rewriting", "CVE-2018-14773")


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
    *_all(
        IDENTITY, "Remote-Role", ("Frigate, with proxy.header_map", "docs.frigate.video/configuration/authentication")
    ),
    *_all(IDENTITY, "X-Remote-User", _RADICALE),
    *_all(IDENTITY, "X-Remote-Group", _KUBERNETES),
    *_all(IDENTITY, "X-Remote-User-Id X-Remote-User-Name X-Remote-User-Display-Name", _SUPERVISOR),
    *_all(IDENTITY, "X-WebAuth-User X-WebAuth-Name X-WebAuth-Email X-WebAuth-Role X-WebAuth-Groups", _GRAFANA),
    *_all(IDENTITY, "X-WebAuth-FullName", _GITEA),
    *_all(IDENTITY, "X-Forwarded-User X-Forwarded-Email X-Forwarded-Groups", _OAUTH2_PROXY),
    *_all(IDENTITY, "X-Forwarded-Preferred-Username X-Forwarded-Access-Token", _OAUTH2_PROXY),
    *_all(IDENTITY, "X-Forwarded-DisplayName X-Forwarded-Mail", _JENKINS),
    *_all(IDENTITY, "X-Auth-Request-User X-Auth-Request-Email X-Auth-Request-Groups", _OAUTH2_PROXY),
    *_all(IDENTITY, "X-Auth-Request-Preferred-Username X-Auth-Request-Access-Token", _OAUTH2_PROXY),
    *_all(IDENTITY, "X-authentik-username X-authentik-groups X-authentik-email X-authentik-name", _AUTHENTIK),
    *_all(IDENTITY, "X-authentik-uid X-authentik-jwt", _AUTHENTIK),
    *_all(
        IDENTITY,
        "X-authentik-entitlements",
        ("behind authentik", "docs.goauthentik.io/add-secure-apps/providers/proxy"),
    ),
    *_all(IDENTITY, "X-Vouch-User X-Vouch-IdP-IdToken X-Vouch-IdP-AccessToken", _VOUCH),
    *_all(IDENTITY, "X-Vouch-IdP-Claims-Sub X-Vouch-IdP-Claims-Email", _VOUCH),
    *_all(IDENTITY, "X-Vouch-IdP-Claims-Name X-Vouch-IdP-Claims-Groups", _VOUCH),
    *_all(IDENTITY, "X-Pomerium-Jwt-Assertion X-Pomerium-Claim-User", _POMERIUM),
    *_all(IDENTITY, "X-Pomerium-Claim-Email X-Pomerium-Claim-Name X-Pomerium-Claim-Groups", _POMERIUM),
    *_all(IDENTITY, "X-Token-Subject X-Token-User-Name X-Token-User-Email X-Token-User-Roles", _AUTHCRUNCH),
    *_all(IDENTITY, "Tailscale-User-Login Tailscale-User-Name Tailscale-User-Profile-Pic", _TAILSCALE),
    *_all(IDENTITY, "Tailscale-App-Capabilities", _TAILSCALE),
    *_all(IDENTITY, "Cf-Access-Authenticated-User-Email Cf-Access-Jwt-Assertion", _ACCESS),
    *_all(IDENTITY, "X-Goog-Authenticated-User-Email X-Goog-Authenticated-User-Id X-Goog-Iap-Jwt-Assertion", _GOOGLE),
    *_all(IDENTITY, "X-MS-Client-Principal X-MS-Client-Principal-Id X-MS-Client-Principal-Name", _AZURE),
    *_all(IDENTITY, "X-MS-Client-Principal-Idp", _AZURE),
    *_all(IDENTITY, "X-Amzn-Oidc-Identity X-Amzn-Oidc-Data X-Amzn-Oidc-Accesstoken", _AMAZON),
    *_all(IDENTITY, "X-Amzn-Mtls-Clientcert X-Amzn-Mtls-Clientcert-Leaf X-Amzn-Mtls-Clientcert-Subject", _AMAZON_TLS),
    *_all(IDENTITY, "Client-Cert Client-Cert-Chain", _CERTIFICATE),
    *_all(IDENTITY, "X-Forwarded-Client-Cert", _ENVOY),
    *_all(IDENTITY, "X-Forwarded-Tls-Client-Cert X-Forwarded-Tls-Client-Cert-Info", _TRAEFIK_TLS),
    *_all(IDENTITY, "Ssl-Client-Cert Ssl-Client-Verify", _KEYCLOAK),
    *_all(IDENTITY, "Ssl-Client-Subject-Dn Ssl-Client-Issuer-Dn", _INGRESS),
    *_all(IDENTITY, "X-Client-Cert X-Client-Verify X-Client-DN", _PUPPET),
    *_all(IDENTITY, "X-SSL-Client-Verify X-SSL-Client-DN X-SSL-Client-CN", _HAPROXY),
    *_all(IDENTITY, "X-SSL-Client-Cert X-SSL-Client-S-DN", _ZENTRAL),
    *_all(IDENTITY, "X-ARR-ClientCert", _ARR),
    *_all(ADDRESS, "Forwarded", ("whoever implements the standard", "RFC 7239, 2014")),
    *_all(ADDRESS, "CF-Connecting-IP CF-Connecting-IPv6 CF-Pseudo-IPv4 True-Client-IP", _CLOUDFLARE),
    *_all(ADDRESS, "X-Client-IP X-Cluster-Client-IP Fastly-Client-IP X-Forwarded Forwarded-For", _REQUEST_IP),
    *_all(ADDRESS, "X-Appengine-User-IP X-0-Client-IP", _REQUEST_IP),
    *_all(ADDRESS, "Fly-Client-IP HTTP-X-Forwarded-For DO-Connecting-IP", _REMIX),
    *_all(ADDRESS, "Client-IP", _JEEDOM),
    *_all(ADDRESS, "X-Originating-IP", _PARETO),
    *_all(ADDRESS, "X-Remote-IP", _INFOGAMI),
    *_all(ADDRESS, "X-Original-Forwarded-For", _INGRESS),
    *_all(ADDRESS, "X-Original-For", _DOTNET),
    *_all(ADDRESS, "X-ProxyUser-Ip", _YII),
    *_all(ADDRESS, "Proxy-Client-IP WL-Proxy-Client-IP", _HUTOOL),
    *_all(ADDRESS, "X-Azure-ClientIP X-Azure-SocketIP", _FRONT_DOOR),
    *_all(ADDRESS, "X-Sucuri-ClientIP", _SUCURI),
    *_all(ADDRESS, "CloudFront-Viewer-Address", _CLOUDFRONT),
    *_all(ADDRESS, "X-Envoy-External-Address X-Envoy-Internal", _ENVOY),
    *_all(SCHEME, "X-Forwarded-Ssl X-Forwarded-Scheme", _RACK),
    *_all(SCHEME, "X-Forwarded-HTTPS X-HTTPS", _MOD_WSGI),
    *_all(SCHEME, "X-Forwarded-Protocol", _GUNICORN),
    *_all(SCHEME, "X-Url-Scheme", _KALLITHEA),
    *_all(SCHEME, "X-Scheme", _CALIBRE),
    *_all(SCHEME, "Front-End-Https", _YII),
    *_all(SCHEME, "X-ARR-SSL CF-Visitor CloudFront-Forwarded-Proto", _SSL_FIXER),
    *_all(SCHEME, "X-Original-Proto", _DOTNET),
    *_all(SCHEME, "X-Proxied-Https Proxy-Auth-Cert Proxy-Ssl-Id", _JETTY),
    *_all(PREFIX, "X-Forwarded-Prefix", _SPRING),
    *_all(PREFIX, "X-Forwarded-Path", _CONNEXION),
    *_all(PREFIX, "X-Forwarded-Context X-ProxyContextPath", _NIFI),
    *_all(PREFIX, "X-Script-Name", ("Calibre-Web, OctoPrint and Radicale", "radicale.org/v3.html, reverse proxy")),
    *_all(PREFIX, "X-Forwarded-Script-Name", _MOD_WSGI),
    *_all(
        PREFIX, "X-Ingress-Path", ("Frigate and Home Assistant's add-ons", "docs.frigate.video/configuration/advanced")
    ),
    *_all(PREFIX, "X-External-Path", ("Z-Wave JS UI", "zwave-js/zwave-js-ui docs, subpath, at cd01655")),
    *_all(PREFIX, "X-Deluge-Base", ("Deluge", "deluge-torrent/deluge deluge/ui/web/server.py at 41acade")),
    *_all(TARGET, "X-Forwarded-Server X-Host", _MOD_WSGI),
    *_all(TARGET, "X-Original-Host", _DOTNET),
    *_all(TARGET, "X-Original-URL X-Rewrite-URL", _SYMFONY),
    *_all(TARGET, "X-Forwarded-Uri X-Forwarded-Method", _FORWARD_AUTH),
    *_all(TARGET, "X-Original-URI X-Original-Method", _AUTH_REQUEST),
    *_all(TARGET, "X-Sendfile-Type X-Accel-Mapping", _SENDFILE),
    *_all(TARGET, "X-Middleware-Subrequest", ("Next.js, of its own", "CVE-2025-29927")),
    *_all(METHOD, "X-HTTP-Method-Override X-HTTP-Method X-Method-Override", _OVERRIDE),
    *_all(TARGET, "Proxy", ("CGI programs, as HTTP_PROXY", "CVE-2016-5385")),
)
