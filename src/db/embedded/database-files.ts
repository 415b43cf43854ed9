import type { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";
import type { DiskReserve } from "./disk-reserve.js";
import { isWasmModule, type FileOperations } from "./file-operations.js";

type Init = NodeFS["init"];

const ownerOnly = (mode: number): number => mode & ~0o077;

/**
 * The files of PGlite in a folder. They are readable for their owner only: PGlite would make them with mode 0666, whatever
 * the umask of the process is. And they leave some room on the disk.
 */
export class DatabaseFiles extends NodeFS {
  constructor(
    folder: string,
    private readonly reserve: DiskReserve,
  ) {
    super(folder);
  }

  override async init(pglite: PGlite, options: Parameters<Init>[1]): ReturnType<Init> {
    const { emscriptenOpts } = await super.init(pglite, options);
    const preRun = [(module: unknown) => this.#prepare(module), ...(emscriptenOpts.preRun ?? [])];
    return { emscriptenOpts: { ...emscriptenOpts, preRun } };
  }

  #prepare(module: unknown): void {
    if (!isWasmModule(module)) throw new Error("PGlite's file system has changed: its files would be open to every user");
    restrictToOwner(module.NODEFS);
    this.reserve.guard(module);
  }
}

function restrictToOwner({ node_ops: nodes, stream_ops: streams }: FileOperations): void {
  const makeNode = nodes.mknod.bind(nodes);
  nodes.mknod = (parent, name, mode, device) => makeNode(parent, name, ownerOnly(mode), device);
  for (const target of [nodes, streams]) {
    const setAttributes = target.setattr.bind(target);
    target.setattr = (node, attributes) =>
      setAttributes(node, attributes.mode === undefined ? attributes : { ...attributes, mode: ownerOnly(attributes.mode) });
  }
}
