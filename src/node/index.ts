/**
 * The daemon: builds every part by name, joins them, owns their lifetimes. Operations are done in `handlers/<noun>.ts`,
 * the effects of the pure machines in `effects/<port>.ts`. Nothing but the entries imports this room.
 *
 * @example
 * const status = await runDaemon(['--data-dir', './node', '--bind-swarm', '127.0.0.1:4001'])
 */
export { runDaemon } from './daemon.ts'
export { createNode, type HyraxNode, type NodePorts } from './node.ts'
export { readOptions, type DaemonOptions } from './options.ts'
