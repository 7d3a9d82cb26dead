import type { LbReplyName, Reply, ReplyName } from "./replies.ts";

/** What this appliance is: the validated configuration, frozen, that everyone else is given. */
export interface Appliance {
  /** Name of this node, `sp1` or `sp2`. */
  readonly node: string;
  readonly self: NodeModel;
  readonly peer: NodeModel;
  readonly ha: HaModel;
  readonly sip: SipModel;
  readonly lb: LbModel;
  readonly proxy: ProxyModel;
  readonly rtp: RtpModel;
  readonly database: DatabaseModel;
  readonly redis: RedisModel;
  readonly replication: {
    /** What becomes of rows that only a returning node has, once they are saved. */
    readonly policy: "quarantine" | "merge";
  };
  readonly mediator: MediatorModel;
  readonly b2b: B2bModel;
  readonly vsc: VscModel;
  readonly reminder: ReminderModel;
  readonly secrets: Secrets;
}

/** What MariaDB works with, as config.yml's `database:` names it. */
export interface DatabaseModel {
  readonly bufferPoolMb: number;
  readonly maxConnections: number;
  readonly maxPacketMb: number;
  readonly binlogKeepSeconds: number;
  readonly semiSyncTimeoutMs: number;
  readonly replicaSilentSeconds: number;
  readonly toolsConnectSeconds: number;
  readonly peerConnectSeconds: number;
  /** What a copy of the database takes of the crosslink at most, in megabytes a second; 0 is no limit. */
  readonly cloneRateMb: number;
}

/** What Redis works with, as config.yml's `redis:` names it. */
export interface RedisModel {
  readonly maxMemoryMb: number;
  readonly backlogMb: number;
  readonly replicaSilentSeconds: number;
  readonly replicaPingSeconds: number;
}

/** How start and stop records become call detail records, as config.yml's `mediator:` names it. */
export interface MediatorModel {
  readonly maxCallMs: number;
  readonly graceMs: number;
  /** Records that are dealt with in one transaction. */
  readonly batch: number;
  readonly keepMs: number;
}

/** What the sbc does with calls, as config.yml's `b2b:` names it. */
export interface B2bModel {
  /** Absent: no limit. */
  readonly maxCallSeconds?: number;
  readonly sessionExpiresSeconds: number;
  /** 0: never. */
  readonly keepAliveSeconds: number;
  /** How long the proxy waits for its first word. */
  readonly silentSeconds: number;
  /** For so long a prepaid call sets money aside at once. */
  readonly prepaidStepSeconds: number;
  readonly prepaidWithoutDatabase: "end" | "continue";
  /** For how long it registers subscribers with peers. */
  readonly registrationExpiresSeconds: number;
  /** How many REGISTERs begin in a second at most. */
  readonly registrationsPerSecond: number;
  /** Calls to peerings go through it. */
  readonly peerCalls: boolean;
  readonly applicationSilentSeconds: number;
}

/** What subscribers dial that is no number, as config.yml's `b2b:` names it. */
export interface VscModel {
  readonly enabled: boolean;
  readonly codes: Readonly<
    Record<"cfu" | "cfb" | "cft" | "cfna" | "block" | "blockAnonymous" | "reminder", string>
  >;
  readonly clirCode: string;
  readonly conferenceUser: string;
}

/** Calls at a time of the day, as config.yml's `b2b.reminder` names them. */
export interface ReminderModel {
  /** Of the tz database. */
  readonly timezone: string;
  /** Whoever speaks to the phone that has taken the call. */
  readonly uri: string;
  readonly lateSeconds: number;
  readonly attempts: number;
  /** How many calls there are at once at most. */
  readonly atOnce: number;
  /** After so long a call that nobody has answered is cancelled. */
  readonly ringSeconds: number;
  readonly retrySeconds: number;
  readonly announcementSilentSeconds: number;
  readonly longestSeconds: number;
}

/** What the media relay works with; ports are UDP ports. */
interface RtpModel {
  /** Of the kernel module; -1 for none. */
  readonly table: number;
  readonly minPort: number;
  readonly maxPort: number;
  readonly tos: number;
  readonly timeoutSeconds: number;
  /** The same for a stream that is to be silent. */
  readonly silentTimeoutSeconds: number;
  readonly redisThreads: number;
  readonly redisTimeoutMs: number;
  /** As syslog(3) counts. */
  readonly logLevel: number;
}

export interface NodeModel {
  readonly name: string;
  /** 1 or 2: server_id and GTID domain of MariaDB, and the tie-break rank is `id - 1`. */
  readonly id: 1 | 2;
  readonly lan: InterfaceModel;
  readonly crosslink: InterfaceModel;
}

export interface InterfaceModel {
  readonly device: string;
  /** The node's own static address, IPv4 or IPv6, without prefix length. */
  readonly address: string;
  readonly prefix: number;
}

export interface SharedAddressModel {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
  readonly device: string;
}

/** Lengths of time in milliseconds, as config.yml's `ha:` section names them. */
export interface HaModel {
  readonly pingNodes: readonly string[];
  readonly sharedAddresses: readonly SharedAddressModel[];
  readonly heartbeatPort: number;
  readonly heartbeatMs: number;
  readonly deadMs: number;
  readonly yieldMs: number;
  readonly releaseMaxMs: number;
  readonly tickMs: number;
  readonly initialDeadMs: number;
  readonly aloneWaitMs: number;
  readonly pingAdvantageMs: number;
  readonly standbyHoldOffMs: number;
  readonly fencePeerCommand: string | undefined;
}

export interface SipModel {
  /** Domain that the lab's subscribers live in and the digest realm; more come with provisioning. */
  readonly domains: readonly string[];
  /** What stands in SIP and SDP in the place of the shared addresses of each family. */
  readonly advertised: { readonly ipv4: string | undefined; readonly ipv6: string | undefined };
  /** Time between two questions to a phone behind NAT, in seconds. */
  readonly natPingSeconds: number;
  readonly timers: SipTimersModel;
}

/** Timers of transactions, as RFC 3261 and the tm module of Kamailio name them. */
export interface SipTimersModel {
  readonly t1Ms: number;
  readonly t2Ms: number;
  readonly frTimerMs: number;
  readonly maxInviteLifetimeMs: number;
}

/** What each Kamailio works with. */
export interface KamailioModel {
  readonly sharedMemoryMb: number;
  readonly packageMemoryMb: number;
  readonly logLevel: number;
  readonly redisTimeoutMs: number;
  readonly redisRetrySeconds: number;
}

/** What the load-balancer lets in, as config.yml's `kamailio.lb` names it. */
export interface LbModel extends KamailioModel {
  readonly certificateFile: string;
  readonly certificateKeyFile: string;
  /** ADDRESS:PORT of each. */
  readonly proxies: readonly string[];
  /** Repetitions to the proxy: the first one, and the longest time between two. */
  readonly proxyRetryMs: number;
  readonly proxyRetryMaxMs: number;
  /** About how many of them a second where many requests wait. */
  readonly proxyRetriesPerSecond: number;
  readonly nextProxyMs: number;
  readonly proxyPingSeconds: number;
  readonly proxyPingMs: number;
  readonly registeredSeconds: number;
  readonly databaseTimeoutSeconds: number;
  readonly cacheSeconds: number;
  readonly floodMemorySeconds: number;
  readonly banSweepSeconds: number;
  readonly children: number;
  readonly tcpChildren: number;
  readonly trustedSources: readonly string[];
  readonly maxForwards: number;
  readonly floodRequests: number;
  readonly floodSeconds: number;
  readonly knownFloodRequests: number;
  readonly banSeconds: number;
  readonly failedAuthAttempts: number;
  readonly failedAuthSeconds: number;
  readonly failedAuthBanSeconds: number;
  readonly replies: Readonly<Record<LbReplyName, Reply>>;
}

/** How the proxy treats calls, as config.yml's `kamailio.proxy` names it. */
/** Whether peer hosts answer, as config.yml's `kamailio.proxy.peer_probe` names it. */
export interface PeerProbeModel {
  readonly enabled: boolean;
  readonly method: string;
  /** A SIP URI. */
  readonly from: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** Probes in a row that failed, or brought an answer that counts. */
  readonly unavailableThreshold: number;
  readonly availableThreshold: number;
  /** Regular expressions of the codes that count. */
  readonly replyCodes: readonly string[];
}

export interface ProxyModel extends KamailioModel {
  readonly databaseTimeoutSeconds: number;
  readonly cacheSeconds: number;
  readonly nonceSeconds: number;
  readonly dialogSeconds: number;
  readonly registrations: {
    /** Devices of one subscriber, where its preference says nothing. */
    readonly max: number;
    readonly minExpiresSeconds: number;
    readonly defaultExpiresSeconds: number;
    readonly maxExpiresSeconds: number;
  };
  readonly mediaTimeoutMs: number;
  readonly mediaRetrySeconds: number;
  readonly children: number;
  /** How long a call may ring. */
  readonly ringSeconds: number;
  /** How long devices of one q ring where there are others of a lower one. */
  readonly serialRingSeconds: number;
  readonly peerSilentSeconds: number;
  readonly peerProbe: PeerProbeModel;
  /** How often one call may be forwarded. */
  readonly maxForwards: number;
  /** SIP URIs that call forwards name by a word. */
  readonly applications: Readonly<Record<"voicebox" | "conference" | "reminder", string>>;
  readonly replies: Readonly<Record<ReplyName, Reply>>;
}

/** Made by `ngcp-pair create`, carried by `ngcp-pair join`; `undefined` where a node has not been paired. */
type Secrets = PairSecrets | undefined;

export interface PairSecrets {
  /** HMAC keys of the heartbeat, newest first; two while a rotation is under way. Hex. */
  readonly heartbeatKeys: readonly string[];
  readonly databasePassword: string;
  readonly replicationPassword: string;
  readonly redisPassword: string;
  /** What applications of the sbc show it; made of the password of Redis, so a pair that is older has it too. */
  readonly applicationSecret: string;
  /** Kamailio's nonce secret: a challenge of one node is good on the other. */
  readonly nonceSecret: string;
}
