/**
 * The doors through which a node is administered: framed streams on port 4458 and on the Unix socket, and HTTP on
 * loopback, all to the one table of operations. Who may ask is decided when a connection opens, by the rules that
 * `access` judges, and again at every change of them. It refuses to know how an operation is done.
 *
 * @example
 * const doors = await createAdminDoors(
 *   { identity, keys, random, log, clock, agent: 'hyrax/0.1.0', rules: () => settings.admin, dispatch },
 *   { listen: ['/ip4/0.0.0.0/tcp/4458'], socketPath: '/run/hyrax/axd.sock', http: [{ host: '127.0.0.1', port: 4457 }] },
 * )
 * await doors.start()
 */
export {
  createAdminDoors,
  type AdminDoors,
  type AdminDoorsOptions,
  type AdminDoorsParts,
  type AdminSessionInfo,
} from './doors.ts'
export { openApiDocument } from './openapi.ts'
export { adminProtocol } from './stream-door.ts'
