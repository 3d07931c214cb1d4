/** Wire words of the swarm's own protocols (`FORMATS.md` 13.2) and of libp2p's that it answers. */
export const helloProtocol = '/hyrax/hello/1.0.0'
export const pingProtocol = '/ipfs/ping/1.0.0'

export const wire = { hello: 'hello', welcome: 'welcome', refused: 'refused', peers: 'peers' } as const
