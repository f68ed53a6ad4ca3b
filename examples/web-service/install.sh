#!/bin/sh
# Runs on the temporary host while the image is built: a web server, and the folder that it serves.
set -eu
apt-get update -q
apt-get install -qy nginx
mkdir -p /var/www/html
rm -f /var/www/html/*
