import type { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

type Init = NodeFS["init"];
type Attributes = { readonly mode?: number };
type SetAttributes = (target: unknown, attributes: Attributes) => void;

/** The parts of Emscripten's file system on Node that give a file its permissions. */
type Operations = {
  readonly node_ops: { mknod: (parent: unknown, name: string, mode: number, device: number) => unknown; setattr: SetAttributes };
  readonly stream_ops: { setattr: SetAttributes };
};

const ownerOnly = (mode: number): number => mode & ~0o077;

/**
 * Keeps PGlite's files in a folder readable for their owner only. PGlite would make them with mode 0666, whatever the umask
 * of the process is.
 */
export class OwnerOnlyFiles extends NodeFS {
  override async init(pglite: PGlite, options: Parameters<Init>[1]): ReturnType<Init> {
    const { emscriptenOpts } = await super.init(pglite, options);
    const preRun = [(module: { readonly NODEFS: unknown }) => restrictOperations(module.NODEFS), ...(emscriptenOpts.preRun ?? [])];
    return { emscriptenOpts: { ...emscriptenOpts, preRun } };
  }
}

function restrictOperations(operations: unknown): void {
  if (!isOperations(operations)) throw new Error("PGlite's file system has changed: its files would be open to every user");
  const { node_ops: nodes, stream_ops: streams } = operations;
  const makeNode = nodes.mknod.bind(nodes);
  nodes.mknod = (parent, name, mode, device) => makeNode(parent, name, ownerOnly(mode), device);
  for (const target of [nodes, streams]) {
    const setAttributes = target.setattr.bind(target);
    target.setattr = (node, attributes) =>
      setAttributes(node, attributes.mode === undefined ? attributes : { ...attributes, mode: ownerOnly(attributes.mode) });
  }
}

function isOperations(value: unknown): value is Operations {
  return has(value, "node_ops", "mknod") && has(value, "node_ops", "setattr") && has(value, "stream_ops", "setattr");
}

function has(value: unknown, group: string, name: string): boolean {
  const operations: unknown = typeof value === "object" && value !== null ? Reflect.get(value, group) : undefined;
  return typeof operations === "object" && operations !== null && typeof Reflect.get(operations, name) === "function";
}
