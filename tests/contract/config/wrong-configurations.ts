/** Wrong configurations: what a file says, which file, and what is said about it. */
export const WRONG: readonly (readonly [string, string, RegExp])[] = [
  ["ha: {dead_ms: 10}", "config.local.yml", /ha\.dead_ms: is 10; allowed: .* from 200/],
  ["ha: {deadms: 300}", "config.local.yml", /ha\.deadms: is an unknown key; did you mean dead_ms/],
  ["ha: {dead_ms: 210}", "config.local.yml", /must be below dead_ms/],
  ["ha: [", "config.local.yml", /config\.local\.yml:2:1: Flow sequence/],
  ["qos: {tos_rtp: loud}", "config.local.yml", /qos\.tos_rtp: is "loud"/],
  [
    "kamailio: {lb: {proxies: ['127.0.0.1:5062', '192.0.2.70:5062']}}",
    "config.local.yml",
    /kamailio\.lb\.proxies\[1\]: is 192\.0\.2\.70:5062, on another host.*name addresses of 127/,
  ],
  ["rtpengine: {table: 64}", "config.local.yml", /rtpengine\.table: is 64; .*0 to 63, or -1/],
  ["rtpproxy: {minport: 40001}", "config.local.yml", /port/],
  ["ha: {pingnodes: [192.0.2.11]}", "config.local.yml", /192\.0\.2\.11/],
  ["pair: {redis_password: x}", "config.local.yml", /allowed only in constants\.yml/],
  ["kamailio: {proxy: {domains: [a b]}}", "config.local.yml", /domain/],
  ["just text", "config.local.yml", /is no map/],
];
