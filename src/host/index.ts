/**
 * One hardened libp2p host: caps on connections that have proved nothing, a gater asked synchronously, an identity that
 * signs through `keys`, streams of frames with back-pressure, and failures that are HyraxErrors. It refuses to know what
 * is said on the streams, and no type of libp2p leaves it but the raw stream and the protector's port.
 *
 * @example
 * const host = await createHost({ identity, keys, random, log }, { listen: ['/ip4/127.0.0.1/tcp/4458'] })
 * await host.handle('/hyrax/admin/1.0.0', async (stream) => { await stream.send({ t: 'verdict', ok: false }) }, { frameBytesMax: 4096, streamsMax: 10 })
 * await host.start()
 */
export { type Refused } from './admission.ts'
export { type HostConnection } from './connection.ts'
export { reportToDial } from './dial-report.ts'
export { plainBytes, type FrameStream } from './frame-stream.ts'
export {
  createHost,
  dialMsMax,
  type FrameHandler,
  type HandleOptions,
  type Host,
  type HostOptions,
  type HostParts,
} from './host.ts'
export {
  createSourceLimits,
  isLoopbackSource,
  sourceOf,
  type SourceLimits,
  type SourceLimitsOptions,
} from './source-limits.ts'
