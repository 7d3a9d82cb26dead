import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { rootFileSystem } from "../../contract/debian-tree.ts";
import { SHARED } from "../../contract/sip/appliance.ts";
import type { EngineNode } from "../../contract/sip/node.ts";

/** Where the stock load-balancer listens, beside ours. */
export const STOCK_PORT = 6060;
const PROXY_PORT = 6064;
const CONTROL_PORT = 2223;
const DATABASE = "stock";

const URL = `mysql://stock:stock@localhost/${DATABASE}`;

/** What upstream's kamailio.cfg reads first: the features that its comments name, the rest as it is delivered. */
const localPart = (domain: string): string => `
#!define WITH_MYSQL
#!define WITH_AUTH
#!define WITH_USRLOCDB
#!define WITH_ACCDB
#!define WITH_NAT
#!define WITH_RTPENGINE
#!define DBURL "${URL}"
listen=udp:${SHARED.v4}:${PROXY_PORT}
alias="${domain}"
`;

/** A Kamailio in front of it that relays statefully, and no more. */
const RELAY = `#!KAMAILIO
debug=2
log_stderror=yes
children=8
disable_tcp=yes
auto_aliases=no
dns=no
rev_dns=no
listen=udp:${SHARED.v4}:${STOCK_PORT}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "path.so"
loadmodule "ctl.so"
modparam("ctl", "binrpc", "unix:/run/stock-lb/ctl")

request_route {
    if (!mf_process_maxfwd_header("70")) {
        sl_send_reply("483", "Too Many Hops");
        exit;
    }
    force_rport();
    if (is_method("CANCEL")) {
        if (t_check_trans()) {
            t_relay();
        }
        exit;
    }
    if (!is_method("ACK")) {
        t_check_trans();
    }
    if (has_totag()) {
        if (!loose_route()) {
            if (is_method("ACK") && t_check_trans()) {
                t_relay();
            }
            exit;
        }
    } else if ($sp == ${PROXY_PORT}) {
        loose_route();
        record_route();
    } else {
        if (is_method("REGISTER")) {
            add_path();
        } else {
            record_route();
        }
        $du = "sip:${SHARED.v4}:${PROXY_PORT}";
    }
    t_relay();
}
`;

const unit = (user: string, name: string, command: string): string => `[Unit]
After=stock-rtpengine.service
[Service]
Type=${name === "stock-rtpengine" ? "notify" : "exec"}
User=${user}
RuntimeDirectory=${name}
ExecStart=${command}
LimitNOFILE=65536
`;

const kamailio = (name: string, file: string): string =>
  unit("kamailio", name, `/usr/sbin/kamailio -DD -E -Y /run/${name} -m 512 -M 8 -f ${file}`);

const RTPENGINE = `/usr/bin/rtpengine --foreground --log-stderr --no-log-timestamps --config-file=none --table=-1 --interface=${SHARED.v4} --listen-ng=127.0.0.1:${CONTROL_PORT} --port-min=50000 --port-max=59999 --log-level=5`;

const UNITS = ["stock-lb", "stock-proxy", "stock-rtpengine"] as const;

/** Adds the stock engines to a node: Debian's own files, and a relay in front. */
export const furnishStock = (root: string, domain: string): void => {
  const directory = path.join(root, "etc/stock");
  const units = path.join(root, "etc/systemd/system");
  for (const name of [directory, units]) mkdirSync(name, { recursive: true });
  cpSync(
    path.join(rootFileSystem(), "etc/kamailio/kamailio.cfg"),
    path.join(directory, "kamailio.cfg"),
  );
  writeFileSync(path.join(directory, "kamailio-local.cfg"), localPart(domain));
  writeFileSync(path.join(directory, "lb.cfg"), RELAY);
  const files: Readonly<Record<(typeof UNITS)[number], string>> = {
    "stock-lb": kamailio("stock-lb", "/etc/stock/lb.cfg"),
    "stock-proxy": kamailio("stock-proxy", "/etc/stock/kamailio.cfg"),
    "stock-rtpengine": unit("rtpengine", "stock-rtpengine", RTPENGINE),
  };
  for (const [name, text] of Object.entries(files))
    writeFileSync(path.join(units, `${name}.service`), text);
};

const TABLES = ["standard", "acc", "auth_db", "usrloc"];
const ACC_COLUMNS = [
  ...["src_user VARCHAR(64)", "src_domain VARCHAR(128)", "src_ip VARCHAR(64)"],
  ...["dst_ouser VARCHAR(64)", "dst_user VARCHAR(64)", "dst_domain VARCHAR(128)"],
];

/** Makes the tables as kamdbctl does, with the columns that kamailio.cfg asks for, and as many subscribers. */
export const startStock = async (
  node: EngineNode,
  domain: string,
  subscribers: number,
): Promise<void> => {
  await node.sql(
    `create database ${DATABASE}; create user stock@localhost identified by 'stock'; grant all on ${DATABASE}.* to stock@localhost`,
  );
  for (const table of TABLES)
    await node.run(`mariadb ${DATABASE} </usr/share/kamailio/mysql/${table}-create.sql`);
  const added = ACC_COLUMNS.map((column) => `add column ${column} not null default ''`).join(", ");
  for (const table of ["acc", "missed_calls"])
    await node.sql(`alter table ${DATABASE}.${table} ${added}`);
  await node.sql(
    `insert into ${DATABASE}.subscriber (username, domain, password) select concat('u', seq), '${domain}', concat('secret', seq) from seq_0_to_${subscribers - 1}`,
  );
  await node.run(`systemctl start ${UNITS.join(" ")}`);
};
