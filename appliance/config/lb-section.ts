import type { z } from "zod";
import type { LbModel } from "../model.ts";
import { kamailioKeys, kamailioOf } from "./kamailio-keys.ts";
import { lbReplies } from "./replies.ts";
import {
  absolutePath,
  ipNetwork,
  ipv4Port,
  listOf,
  milliseconds,
  seconds,
  section,
  wholeNumber,
  workers,
} from "./values.ts";

const requests = () => wholeNumber({ min: 1, max: 1_000_000 });

/** The section `kamailio.lb` of config.yml. */
export const lbSchema = section({
  tls: section({
    sslcertfile: absolutePath("file")
      .default("/etc/ngcp-config/ssl/myserver.crt")
      .describe(
        "Certificate that is shown on 5061, PEM with its chain; a self-signed one is made at the installation; ngcp-sercmd lb tls.reload takes up a new one",
      ),
    sslcertkeyfile: absolutePath("file")
      .default("/etc/ngcp-config/ssl/myserver.key")
      .describe("Its private key, PEM; the group kamailio must be able to read it"),
  }).prefault({}),
  proxies: listOf(ipv4Port())
    .min(1, { error: "is empty; there must be a proxy" })
    .default(["127.0.0.1:5062"])
    .describe(
      "Proxies behind this load-balancer, each at an address of this host, 127.0.0.0/8; with several, one that does not answer is left out",
    ),
  proxy_retry_ms: milliseconds(10, 4_000)
    .default(100)
    .describe("When a request to the proxy is repeated for the first time"),
  proxy_retry_max_ms: milliseconds(10, 32_000)
    .default(200)
    .describe(
      "The longest time between two repetitions to the proxy: after a takeover it has what it could not answer yet so soon",
    ),
  proxy_retries_per_second: requests()
    .default(250)
    .describe(
      "How many repetitions a second a proxy should have that says nothing: where more requests wait for it than that allows, each is repeated less often, down to every kamailio.timers.t2_ms",
    ),
  next_proxy_ms: milliseconds(100, 32_000)
    .default(2_000)
    .describe("With several proxies: how long one may say nothing before the next one is asked"),
  proxy_ping_seconds: seconds(1, 3_600)
    .default(1)
    .describe("With several proxies: time between two questions whether one lives"),
  proxy_ping_ms: milliseconds(50, 32_000)
    .default(600)
    .describe("With several proxies: how long the answer to such a question is waited for"),
  ...kamailioKeys({ sharedMb: 512, packageMb: 8, aboutWhat: "about bans and registered sources" }),
  children: workers(2).describe("Processes for each UDP address that the load-balancer listens on"),
  tcp_children: workers(2).describe("Processes for all connections over TCP and TLS"),
  trusted_sources: listOf(ipNetwork())
    .default([])
    .describe(
      "Addresses and networks that are never banned and may call anywhere: peers, probes, offices",
    ),
  registered_seconds: seconds(60, 604_800)
    .default(3_600)
    .describe(
      "How long a source is spared bans, and a connection without traffic kept, after a registration: as long as one lasts at most",
    ),
  database_timeout_seconds: seconds(1, 60)
    .default(1)
    .describe("How long MariaDB is waited for, about domains and peers"),
  cache_seconds: seconds(1, 3_600)
    .default(10)
    .describe(
      "How long an answer of MariaDB or Redis is good: a new domain or peer is known after it",
    ),
  max_forwards: wholeNumber({ min: 1, max: 255 })
    .default(70)
    .describe("Hops that a request may still make; more are taken down to this"),
  flood_requests: requests()
    .default(30)
    .describe("Messages from one address within flood_seconds after which it is banned"),
  flood_seconds: seconds(1, 3_600).default(2).describe("The time that flood_requests counts in"),
  flood_memory_seconds: seconds(1, 3_600)
    .default(4)
    .describe("How long an address that sends nothing more is still counted"),
  known_flood_requests: requests()
    .default(300)
    .describe(
      "Messages of a registered phone within flood_seconds that are still heard when its address is over flood_requests; such an address is not banned for UDP, which may be forged",
    ),
  ban_seconds: seconds(1, 604_800)
    .default(300)
    .describe("How long an address is banned after a flood"),
  ban_sweep_seconds: seconds(1, 3_600)
    .default(5)
    .describe("Time between two looks for bans that have ended: one may last so much longer"),
  failed_auth_attempts: wholeNumber({ min: 1, max: 10_000 })
    .default(10)
    .describe(
      "Wrong passwords for one user from one address within failed_auth_seconds after which that address is banned for that user",
    ),
  failed_auth_seconds: seconds(1, 86_400)
    .default(60)
    .describe("The time that failed_auth_attempts counts in"),
  failed_auth_ban_seconds: seconds(1, 604_800)
    .default(3_600)
    .describe("How long an address is banned for one user after wrong passwords"),
  replies: lbReplies.prefault({}),
});

export const lbOf = (lb: z.output<typeof lbSchema>): LbModel => ({
  certificateFile: lb.tls.sslcertfile,
  certificateKeyFile: lb.tls.sslcertkeyfile,
  proxies: lb.proxies,
  proxyRetryMs: lb.proxy_retry_ms,
  proxyRetryMaxMs: lb.proxy_retry_max_ms,
  proxyRetriesPerSecond: lb.proxy_retries_per_second,
  nextProxyMs: lb.next_proxy_ms,
  proxyPingSeconds: lb.proxy_ping_seconds,
  proxyPingMs: lb.proxy_ping_ms,
  ...kamailioOf(lb),
  children: lb.children,
  tcpChildren: lb.tcp_children,
  trustedSources: lb.trusted_sources,
  registeredSeconds: lb.registered_seconds,
  databaseTimeoutSeconds: lb.database_timeout_seconds,
  cacheSeconds: lb.cache_seconds,
  floodMemorySeconds: lb.flood_memory_seconds,
  banSweepSeconds: lb.ban_sweep_seconds,
  maxForwards: lb.max_forwards,
  floodRequests: lb.flood_requests,
  floodSeconds: lb.flood_seconds,
  knownFloodRequests: lb.known_flood_requests,
  banSeconds: lb.ban_seconds,
  failedAuthAttempts: lb.failed_auth_attempts,
  failedAuthSeconds: lb.failed_auth_seconds,
  failedAuthBanSeconds: lb.failed_auth_ban_seconds,
  replies: lb.replies,
});
