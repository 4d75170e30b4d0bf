import * as ChildProcess from "@effect/platform-node-shared/NodeChildProcessSpawner";
import * as FileSystem from "@effect/platform-node-shared/NodeFileSystem";
import * as Path from "@effect/platform-node-shared/NodePath";
import * as Stdio from "@effect/platform-node-shared/NodeStdio";
import * as Terminal from "@effect/platform-node-shared/NodeTerminal";
import * as Layer from "effect/Layer";

/** Files, paths, processes and the terminal of the machine we run on. */
export const nodeServices = ChildProcess.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(FileSystem.layer, Path.layer, Stdio.layer, Terminal.layer)),
);
