import { STORIES, play } from "../../contract/sbc/takeover-stories.ts";
import type { Figure } from "../figure.ts";
import { figure } from "../figure.ts";

/** Calls that both ends found good although process and Redis of the active node were killed in their midst. */
export const sbcTakeover = async (): Promise<Figure[]> => {
  const figures: Figure[] = [];
  for (const story of STORIES) {
    const { caller, callee, leftOver } = await play(story, story.many);
    const good = Math.min(caller.good, callee.good);
    figures.push(
      figure(`kill -9: ${story.title}`, `of ${story.many} calls`, [good], { atLeast: story.many }),
      figure("  records left of them", "records", [leftOver.length], { atMost: 0 }),
    );
  }
  return figures;
};
