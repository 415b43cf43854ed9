import { z } from "zod";
import { COMMON_HEADERS, streamBytes } from "../../kits/rest/answer.js";
import { defineRoute } from "../../kits/rest/route.js";

export const BACKUP_TYPE = "application/gzip";

/** The memory that the answer takes: the rows that are being read, as text and compressed. */
const STREAM_BYTES = 5_000_000;

export const backupRoutes = [
  defineRoute({
    method: "POST",
    path: "/admin/backup",
    summary: "A backup of the data of all users, for `backstory restore`. It is whole only if the answer ends without an error",
    access: "key",
    scopes: ["admin"],
    answers: {
      200: {
        description: "The backup, streamed while it is made",
        content: { [BACKUP_TYPE]: z.string().meta({ format: "binary" }) },
        headers: ["Content-Disposition"],
      },
    },
    handle({ principal, services, state, operation }) {
      state.content.hold(STREAM_BYTES);
      const headers = {
        ...COMMON_HEADERS,
        "Cache-Control": "no-store",
        "Content-Type": BACKUP_TYPE,
        "Content-Disposition": `attachment; filename="backstory.backup.gz"`,
      };
      return streamBytes(services.backups.create(principal), headers, { log: state.log, operation });
    },
  }),
];
