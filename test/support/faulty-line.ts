import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

type Fault = "none" | "refuse" | "cut" | "silent";

/** A line to a server on this machine that can be made to refuse connections, to cut them, or to carry nothing. */
export async function openFaultyLine(host: string, port: number) {
  let fault: Fault = "none";
  const sockets = new Set<Socket>();

  const line = createServer((near) => {
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
  await listen(0);
  const address = line.address() as AddressInfo; // it listens on a port, so it has one

  async function listen(at: number): Promise<void> {
    line.listen(at, "127.0.0.1");
    await once(line, "listening");
  }

  async function close(): Promise<void> {
    line.close();
    for (const socket of sockets) socket.destroy();
    await once(line, "close");
  }

  return {
    port: address.port,
    async become(next: Fault): Promise<void> {
      if (next === "refuse" && line.listening) await close();
      if (next !== "refuse" && !line.listening) await listen(address.port);
      fault = next;
    },
    close,
  };
}
