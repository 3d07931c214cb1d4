/**
 * The private network: the swarm-key layer, hello, peers that learn of each other, a dialer that does not give up and
 * does not hammer, and streams to welcomed peers. Every connection passes the gate, in and out. It refuses to know
 * teams, lists on disk and what is said on the streams.
 *
 * @example
 * const swarm = await createSwarm({ identity, keys, swarmKeys: [key], gate, clock, random, log, name: 'one', agent: 'hyrax' }, { listen: ['/ip4/127.0.0.1/tcp/4001'] })
 * await swarm.start()
 * swarm.onWelcome((peer) => { log.info('here', { peer: peer.peer }) })
 */
export { type DialerOptions } from './dialer.ts'
export { type Failure } from './failures.ts'
export { type ListDigests } from './hello.ts'
export { createKeyRing, type KeyRing } from './key-ring.ts'
export { createProtector, type ProtectorParts } from './protector.ts'
export { createSwarm, type Swarm, type SwarmHandleOptions } from './swarm.ts'
export { type PeerInfo, type SwarmOptions, type SwarmParts } from './swarm-parts.ts'
