import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "@jest/globals";

export type Heard = { readonly status: number; readonly headers: Headers; readonly body: string };

/** Sends text over a new socket and returns all that came before the server closed it. */
export async function exchangeText(server: string, text: string): Promise<string> {
  const { hostname, port } = new URL(server);
  const socket = connect(Number(port), hostname);
  let heard = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
  socket.on("error", () => undefined); // a server that has answered may reset what is still being sent
  socket.write(text);
  await once(socket, "close");
  return heard;
}

/** Sends text over a new socket and returns the one answer that came before the server closed it. */
export async function say(server: string, text: string): Promise<Heard> {
  const heard = await exchangeText(server, text);
  const [head = "", ...rest] = heard.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  expect(heard.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
  const fields = lines.map((line): [string, string] => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
  return { status: Number(first.split(" ")[1]), headers: new Headers(fields), body: rest.join("\r\n\r\n") };
}
