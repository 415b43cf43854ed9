import { z } from "zod";
import { COMMON_HEADERS, streamBytes } from "../../kits/rest/answer.js";
import { defineRoute } from "../../kits/rest/route.js";

const ARCHIVE_TYPE = "application/gzip";

/** The memory that an export takes: what is read ahead of a session, one statement's beginnings of its texts, and the archive's buffers. */
const MEMORY_BYTES = 20_000_000;

export const exportRoutes = [
  defineRoute({
    method: "GET",
    path: "/export",
    summary:
      "All that you own, as an archive (.tar.gz): your user, keys, projects and sessions. Needs projects:read, sessions:read and keys:manage. One at a time",
    access: "key",
    scopes: ["projects:read", "sessions:read", "keys:manage"],
    answers: {
      200: {
        description: "The archive. One that breaks off has no end, and cannot be unpacked",
        content: { [ARCHIVE_TYPE]: z.string().meta({ format: "binary" }) },
        headers: ["Content-Disposition"],
      },
    },
    handle({ principal, services, state, operation }) {
      state.content.hold(MEMORY_BYTES);
      const headers = {
        ...COMMON_HEADERS,
        "Content-Type": ARCHIVE_TYPE,
        "Content-Disposition": 'attachment; filename="backstory-export.tar.gz"',
      };
      return streamBytes(services.exports.archive(principal), headers, { log: state.log, operation });
    },
  }),
];
