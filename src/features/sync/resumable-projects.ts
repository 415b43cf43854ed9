import type { Project } from "../../db/generated/prisma/client.js";
import { toSessionSummary } from "../sessions/rest-shapes.js";
import type { SessionSummary } from "../sessions/row.js";
import { toListedProject } from "../projects/rest-shapes.js";

type Resumable = { readonly projects: readonly Project[]; readonly sessions: AsyncIterable<readonly SessionSummary[]> };

/**
 * Writes the projects as JSON with their sessions inside, while the sessions are read. Sessions come project by project, in
 * the order of the projects.
 */
export async function* resumableProjects({ projects, sessions }: Resumable): AsyncGenerator<string> {
  yield '{"success":true,"data":{"projects":[';
  let begun = 0;
  const begin = (project: Project) => {
    const before = begun === 0 ? "" : "]},";
    begun += 1;
    return `${before}${JSON.stringify(toListedProject(project)).slice(0, -1)},"sessions":[`;
  };
  let previous: bigint | undefined;
  for await (const page of sessions) {
    let text = "";
    for (const session of page) {
      // A project has no sessions here if they were deleted meanwhile.
      for (let next = projects[begun]; next !== undefined && next.key >= session.projectKey; next = projects[begun]) text += begin(next);
      text += `${previous === session.projectKey ? "," : ""}${JSON.stringify(toSessionSummary(session))}`;
      previous = session.projectKey;
    }
    yield text;
  }
  yield projects.slice(begun).map(begin).join("");
  yield `${projects.length === 0 ? "" : "]}"}],"total":${projects.length}}}`;
}
