/**
 * `ax`: words in, operations out, results printed. The command tree is data; every command is an operation called by
 * name, or something about one's own files. It refuses to know how a node works, and cannot start one.
 *
 * @example
 * process.exitCode = await main(process.argv.slice(2))
 */
export { main, reportLost } from './main.ts'
