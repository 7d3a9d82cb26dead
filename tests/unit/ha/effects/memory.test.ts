import test from "ava";
import { filesMapped } from "../../../../ha/effects/memory.ts";

const MAPS = `00400000-00401000 r--p 00000000 08:01 131 /usr/bin/node
00401000-00404000 r-xp 00001000 08:01 131 /usr/bin/node
00404000-00405000 rw-p 00004000 08:01 131 /usr/bin/node
7f0000000000-7f0000100000 rw-p 00000000 00:00 0
7f0000200000-7f0000300000 ---p 00000000 00:00 0
7f0000400000-7f0000402000 r-xp 00000000 00:00 0
7ffc00000000-7ffc00002000 r-xp 00000000 00:00 0                          [vdso]
7f0000500000-7f0000600000 r--s 00000000 08:01 140 /run/shared
`;

test("programs and libraries are kept in memory, and neither the heap nor what is written to", (t) => {
  t.deepEqual(filesMapped(MAPS), [
    { start: 0x400000n, bytes: 0x1000n },
    { start: 0x401000n, bytes: 0x3000n },
  ]);
});
