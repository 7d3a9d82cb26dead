import test from "ava";
import { tagFor } from "../../../../../components/sbc/call.ts";
import { ApplicationTags } from "../../../../../components/sbc/drachtio/tags.ts";
import { randomToken } from "../../../../../components/sbc/transport.ts";

test("each node of a pair knows the tags of the other, and nobody else's", (t) => {
  const [own, peer] = [new ApplicationTags("secret"), new ApplicationTags("secret")];
  const tag = own.make();
  t.true(own.isOurs(tag));
  t.true(peer.isOurs(tag));
  t.not(own.make(), tag);
  for (const stranger of [new ApplicationTags("another"), new ApplicationTags()])
    t.false(stranger.isOurs(tag));
});

test("a tag of which one digit is another was not made here, nor was one without a proof", (t) => {
  const tags = new ApplicationTags("secret");
  const tag = tags.make();
  for (const index of tag.split("").keys()) {
    const other = tag[index] === "0" ? "1" : "0";
    t.false(tags.isOurs(`${tag.slice(0, index)}${other}${tag.slice(index + 1)}`));
  }
  const id = randomToken();
  for (const foreign of [undefined, "", id, `${id}3`, `${id}${id}3`, `${tag}3`, tag.toUpperCase()])
    t.false(tags.isOurs(foreign));
  for (const side of ["caller", "callee"] as const) t.false(tags.isOurs(tagFor(id, side)));
});
