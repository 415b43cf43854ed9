import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

type Fault = "none" | "refuse" | "cut" | "silent" | "hold";

/**
 * A line to a server on this machine that can be made to refuse connections, to cut them, to carry nothing, or to hold back
 * what it carries: a server that is stopped and goes on later finds all that was sent to it, on closed connections too.
 */
export async function openFaultyLine(host: string, port: number) {
  let fault: Fault = "none";
  const sockets = new Set<Socket>();
  const held: (() => void)[] = [];

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
          if (fault === "hold") held.push(() => to.end());
          else to.destroy();
        });
      from.on("data", (chunk) => {
        if (fault === "cut") from.destroy();
        else if (fault === "hold") held.push(() => to.write(chunk));
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
      if (next === "none") for (const deliver of held.splice(0)) deliver();
    },
    close,
  };
}
