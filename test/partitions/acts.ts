import { createDevice, formatKeyBundle, parseKeyBundle, type KeyBundle } from '../../src/team/index.ts'
import { peerOf } from '../law/bodies.ts'
import { unusual, type Step } from '../law/notation.ts'
import { eventually } from '../helpers/swarm-nodes.ts'
import type { Place } from './place.ts'

/** What is known of the team that a line is played in. */
export interface Stage {
  readonly team: string
  /** Who runs, by the name in the line. */
  readonly places: ReadonlyMap<string, Place>
  /** `inv_b…` and code of each invite. */
  readonly invites: Map<string, { readonly id: string; readonly code: string }>
  /** Hex of each epoch. */
  readonly epochs: Map<string, string>
  /** Who admits by an invite, by its name: its code names that place. */
  readonly servers: ReadonlyMap<string, Place>
  /** `dev_b…` by name, also of those who never run. */
  readonly devices: Map<string, string>
  /** Hex of signing keys, as `U 2`. */
  readonly keys: Map<string, string>
}

/** Does what a step says by the operations of its author's daemon. The id of the command, or undefined where none is named. */
export async function act(stage: Stage, step: Step): Promise<string | undefined> {
  const { team, places, invites } = stage
  const place = placeOf(stage, step.author)
  const words = Object.fromEntries(Object.entries(step.words).map(([name, word]) => [name, word ?? '']))
  const { device = '', role = 'user', label = '', permission = '', name = '', invite = '' } = words
  switch (step.verb) {
    case 'add':
      return (await place.call('devices.add', { team, bundle: await bundleOf(stage, device), name: device, role: role === '' ? 'user' : role })).command // prettier-ignore
    case 'remove':
      return (await place.call('devices.remove', { team, device: idOf(stage, device) })).command
    case 'leave':
      return (await place.call('devices.remove', { team, device: place.device })).command
    case 'make':
      return (await place.call('roles.assign', { team, device: idOf(stage, device), role })).command
    case 'revokeRole': {
      const { devices } = await place.call('devices.ls', { team })
      const held = devices.find((one) => one.device === idOf(stage, device))?.role ?? 'user'
      return (await place.call('roles.revoke', { team, device: idOf(stage, device), role: held })).command
    }
    case 'createRole': {
      const permissions = (words['permissions'] ?? '').split(',').filter(Boolean)
      return (await place.call('roles.create', { team, role, rank: Number(words['rank']), permissions })).command
    }
    case 'deleteRole':
      return (await place.call('roles.delete', { team, role })).command
    case 'addPermission':
      return (await place.call('roles.add-permission', { team, role, permission })).command
    case 'removePermission':
      return (await place.call('roles.remove-permission', { team, role, permission })).command
    case 'createLabel':
      return (await place.call('labels.create', { team, label })).command
    case 'deleteLabel':
      return (await place.call('labels.delete', { team, label })).command
    case 'assignLabel': {
      const op = words['op'] === undefined || words['op'] === '' ? 'send-recv' : (words['op'] as 'send')
      return (await place.call('labels.assign', { team, device: idOf(stage, device), label, op })).command
    }
    case 'revokeLabel':
      return (await place.call('labels.revoke', { team, device: idOf(stage, device), label })).command
    case 'name':
      return (await place.call('names.assign', { team, device: idOf(stage, device), name })).command
    case 'unname':
      return (await place.call('names.revoke', { team, device: idOf(stage, device), name })).command
    case 'close':
      return (await place.call('teams.close', { team })).command
    case 'rotate': {
      const made = await place.call('teams.rotate-key', { team })
      stage.epochs.set(words['epoch'] ?? '', made.epoch)
      return made.command
    }
    case 'act':
    case 'addKey': {
      const made = await place.call('devices.add-key', {})
      if (step.verb === 'addKey') stage.keys.set(`${step.author} ${words['number'] ?? ''}`, made.signingKey)
      return inTeam(made.teams, team)
    }
    case 'retireKey': {
      const key = stage.keys.get(`${device} ${words['number'] ?? ''}`) ?? ''
      const compromised = words['reason'] === 'compromised'
      const made = await place.call('devices.retire-key', { team, device: idOf(stage, device), key, compromised })
      return inTeam(made.teams, team)
    }
    case 'createInvite': {
      const uses = Number(unusual(step, /^uses (\d+)$/) ?? 1)
      const server = stage.servers.get(invite) ?? place
      const made = await place.call('invites.create', { team, role: role === '' ? 'user' : role, uses, server: server.address }) // prettier-ignore
      invites.set(invite, { id: made.invite, code: made.code })
      return made.command
    }
    case 'revokeInvite':
      return (await place.call('invites.revoke', { team, invite: invites.get(invite)?.id ?? '' })).command
    case 'addNode':
      return (await place.call('permissioned.add', { entries: [peerOf(words['node'] ?? '')], team })).commands[0]
    case 'removeNode':
      return (await place.call('permissioned.remove', { entries: [peerOf(words['node'] ?? '')], team })).commands[0]
    case 'admit':
      return admit(stage, step, places.get(device))
    default:
      throw new Error(`no daemon does ${step.verb}`)
  }
}

/** What became of a device's own key in this team: its command, or the law's refusal. */
function inTeam(
  teams: readonly { readonly team: string; readonly command: string | null; readonly code: string | null }[],
  team: string,
): string | undefined {
  const found = teams.find((one) => one.team === team)
  // Keys are announced in open teams alone: what the law would answer is not asked for.
  const code = found === undefined ? 'ERR_TEAM_CLOSED' : found.code
  if (code !== null) throw Object.assign(new Error(code), { code })
  return found?.command ?? undefined
}

/** The joiner dials who admits, with the code; the command is the admission that is found there. */
async function admit(stage: Stage, step: Step, joiner: Place | undefined): Promise<string | undefined> {
  const code = stage.invites.get(step.words['invite'] ?? '')?.code ?? ''
  const server = placeOf(stage, step.author)
  if (joiner === undefined) throw new Error('nobody is there to join')
  const known = new Set((await logOf(server, stage.team)).map(({ command }) => command))
  await joiner.call('invites.join', { code, waitSeconds: 20 })
  const found = (await logOf(server, stage.team)).find((one) => one.kind === 'AdmitDevice' && !known.has(one.command))
  return found?.command
}

export function placeOf({ places }: Stage, name: string): Place {
  const place = places.get(name)
  if (place === undefined) throw new Error(`${name} does not run`)
  return place
}

/** All commands of a team: as many answers as it takes. */
export async function logOf(place: Place, team: string) {
  const first = await place.call('teams.log', { team })
  const commands = [...first.commands]
  for (let { next } = first; next !== null;) {
    const more = await place.call('teams.log', { team, from: next })
    commands.push(...more.commands)
    next = more.next
  }
  return commands
}

/** Waits until a place has a command in its graph. */
export async function has(place: Place, team: string, command: string, ms = 60_000): Promise<void> {
  const isThere = async (): Promise<boolean> =>
    (await logOf(place, team).catch(() => [])).some((one) => one.command === command)
  await eventually(isThere, `${place.name} has ${command.slice(0, 12)}`, ms)
}

export function idOf({ devices }: Pick<Stage, 'devices'>, name: string): string {
  const id = devices.get(name)
  if (id === undefined) throw new Error(`nobody knows ${name}`)
  return id
}

/** The bundle of who runs; of a device that never does, one that is made up. */
export async function bundleOf(stage: Stage, name: string): Promise<string> {
  const place = stage.places.get(name)
  if (place !== undefined) return (await place.call('devices.keybundle', {})).bundle
  const made = madeUp(`${stage.team} ${name}`)
  stage.devices.set(name, made.id)
  return formatKeyBundle('text', made.bundle)
}

function madeUp(seed: string): { id: string; bundle: KeyBundle } {
  const { id, bundle } = createDevice({ seed })
  const read = parseKeyBundle(bundle)
  if ('code' in read) throw new Error('no bundle')
  return { id, bundle: read }
}
