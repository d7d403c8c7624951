#!/bin/sh
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Pebble, Let's Encrypt's test server, with real validation, and the DNS server that it asks.
# LAB_IPV4, LAB_IPV6: the addresses that its transport certificate is for.
set -eu
cd /opt/pebble

if [ ! -e pebble.pem ]; then
    # RSA: Mono's cert-sync takes every ECDSA-signed root for one that it has already, and leaves it out.
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 \
        -keyout ca.key -out ca.pem -subj "/CN=constellation.edge lab transport CA" \
        -addext keyUsage=critical,keyCertSign,cRLSign
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
        -keyout pebble.key -out pebble.csr -subj "/CN=pebble"
    printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1,IP:%s,IP:%s\nextendedKeyUsage=serverAuth\n' \
        "$(hostname)" "$LAB_IPV4" "$LAB_IPV6" > extensions
    openssl x509 -req -in pebble.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 \
        -extfile extensions -out pebble.new
    mv pebble.new pebble.pem
fi

# No default address: a name that was not given one does not resolve, as a name whose owner has not set it up.
pebble-challtestsrv -defaultIPv4 "" -defaultIPv6 "" -http01 "" -https01 "" -tlsalpn01 "" \
    -dns01 :8053 -management :8055 &
exec pebble -config config.json -dnsserver 127.0.0.1:8053
