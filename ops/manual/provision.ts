import { provisionDefinition } from "../commands/provision/index.ts";
import type { Page } from "./page.ts";

export const provisionPage: Page = {
  ...provisionDefinition,
  description: [
    "Keeps the domains, customers, billing profiles, subscribers, rewrite rule sets and peer groups of the pair in its database. Changes are made on the active node, which only its MariaDB decides; the peer has them by replication. Each is one transaction, and in force at the next call: nothing has to be restarted or loaded again. Only root may call this.",
    "A domain is what stands behind the @ of its subscribers. A customer pays for subscribers. A subscriber is USER@DOMAIN, belongs to a customer and has a password, E.164 numbers (the first is the primary one), other aliases, preferences, and call forwards: cfu always, cfb when busy, cft when there is no answer within timeout seconds, cfna when not reachable. A destination is a number, a user, a SIP URI, or voicebox, conference or reminder, whose URIs are in config.yml. A reminder calls the phones of its subscriber at a time of the day, by the clock of general.timezone: reminder=07:30 once, reminder={time: 07:30, recur: weekdays} from Monday to Friday, always each day; reminder= takes it away.",
    "A billing profile has fees for prepaid calls to peers: destination is the first digits of a number, the longest counts; init_rate and follow_rate are cents a second, init_interval and follow_interval seconds, and an interval that has begun is paid whole. A customer with billing_profile=NAME and the preference prepaid pays its calls to peers out of its balance, which top-up fills and balance prints, both in cents. A top-up that may have been done is done again with the same --reference, and counts once.",
    "show, create, change and delete work on one. The keys are those of a file for apply: show KIND NAME prints them; a key may lead downwards, as in preferences.clir or hosts.gw1.weight. Numbers, true, false, [lists] and {maps} are read as in YAML.",
    "apply FILE brings everything that FILE names to the state that it declares, all or nothing; what FILE leaves out of an entry has its default, but for the password and the uuid of a subscriber that exists. What FILE does not name stays as it is; with --prune it is deleted, in the sections that FILE has. --dry-run says what would change. Every mistake is a line with file, line, column and key. A file whose name ends in .json is read as JSON, which is faster for very many subscribers. export prints such a file: an export from before is how a change is undone.",
    "Preferences are those of the typed list that show preference prints: who can have each, what it takes, what it does. One at the subscriber counts before the customer's, and that before the domain's; of a list all or nothing.",
    "Passwords are kept as HA1, which is good for this service alone, and nowhere as they are. Neither HA1 nor the passwords for peers are printed, unless --with-passwords asks for them. A subscriber with another user name or domain is another subscriber, and needs the password anew.",
  ],
  files: [["/etc/mysql/ngcp-tools.cnf", "how the tools reach MariaDB; written by ngcpcfg"]],
  examples: [
    ["ngcp-provision create domain sip.example.org", "a domain"],
    ["ngcp-provision create customer acme", "a customer"],
    [
      "ngcp-provision create subscriber alice@sip.example.org customer=acme password=Xu3foh numbers='[431555123]'",
      "a subscriber with one number",
    ],
    [
      "ngcp-provision change subscriber alice@sip.example.org preferences.clir=true call_forwards.cfb=voicebox",
      "hides her number, and sends callers to the voicebox while she is busy",
    ],
    [
      "ngcp-provision top-up acme 1000 --reference receipt-4711",
      "pays in ten times a hundred cents for prepaid calls",
    ],
    ["ngcp-provision apply subscribers.yml --dry-run", "says what the file would change"],
    ["ngcp-provision export --with-passwords > before.yml", "the present state, to go back to"],
    ["ngcp-provision show preference", "every preference"],
  ],
  seeAlso: ["ngcpcfg(8)", "ngcp-status(8)", "ngcp-check-active(8)"],
};
