import * as z from 'zod'

/** Nothing goes in. */
export const nothing = () => z.strictObject({})
/** Nothing comes out but that it was done. */
export const done = () => z.object({ done: z.literal(true) })
/** A PeerId, an ax key or an nkey; the node reads every text form of an identity. */
export const identityText = () => z.string().min(1).max(512)
/** A multiaddr, host or host:port. */
export const addressText = () => z.string().min(1).max(1024)
/** ISO 8601 UTC. */
export const time = () => z.string()
/** Which team: its id, a unique prefix of it, or its name; needed only where the node keeps several. */
export const teamText = () => z.string().min(1).max(128).optional()
/** Which earlier epochs a new device is given: with `all` this node gives it those that it can read itself. */
export const epochsGiven = () => z.enum(['all', 'none']).default('none')
/** Which device: dev_…, PeerId, or a name that is unique in the team. */
export const deviceText = () => z.string().min(1).max(128)
/** A refusal or failure as data: the texts are made at the door. */
export const codeAndData = () => z.object({ code: z.string(), data: z.record(z.string(), z.unknown()) })
/** Options, such as the team, that go with a device. */
export const commandId = () => z.object({ team: z.string(), command: z.string() })
