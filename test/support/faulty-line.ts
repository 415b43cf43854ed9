import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

type Fault = "none" | "refuse" | "cut" | "silent";

/** A line to a server on this machine that can be made to refuse connections, to cut them, or to carry nothing. */
export async function openFaultyLine(host: string, port: number) {
  let fault: Fault = "none";
  const sockets = new Set<Socket>();

  const line = createServer((near) => {
    if (fault === "refuse") {
      near.resetAndDestroy();
      return;
    }
    const far = connect(port, host);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from
        .on("error", () => undefined)
        .on("close", () => {
          sockets.delete(from);
          to.destroy();
        });
      from.on("data", (chunk) => {
        if (fault === "cut") from.destroy();
        else if (fault !== "silent") to.write(chunk);
      });
    }
  });
  line.listen(0, "127.0.0.1");
  await once(line, "listening");

  return {
    port: (line.address() as AddressInfo).port, // it listens on a port, so it has one
    /** Refusing closes the connections that there are, too. */
    become(next: Fault): void {
      fault = next;
      if (next === "refuse") for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      line.close();
      await once(line, "close");
    },
  };
}
