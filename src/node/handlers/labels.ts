import { fail } from '../../base/index.ts'
import { canonicalHost, idText } from '../../codec/index.ts'
import { isNetworkName, labelsOf, memberView, namesOf, type Intent, type NameView } from '../../team/index.ts'
import type { Handlers, NodeParts } from '../parts.ts'
import { commandOf } from '../team-command.ts'

type LabelsOperation = 'labels.create' | 'labels.delete' | 'labels.assign' | 'labels.revoke' | 'labels.ls'
type NamesOperation = 'names.assign' | 'names.revoke' | 'names.ls' | 'names.show'

/** What every request that writes holds. */
interface Asked {
  readonly team?: string | undefined
  readonly force: boolean
}

/** `ax labels …`. */
export function labelsHandlers(parts: NodeParts): Handlers<LabelsOperation> {
  const { teams } = parts
  return {
    'labels.create': async (request) => {
      const { label } = request
      return { ...(await write(parts, request, { kind: 'CreateLabel', label })), label }
    },
    'labels.delete': async (request) => {
      const { label } = request
      return { ...(await write(parts, request, { kind: 'DeleteLabel', label })), label }
    },
    'labels.assign': async (request) => {
      const { label, op } = request
      const { device } = teams.resolveDevice(request.team, request.device)
      const command = await write(parts, request, { kind: 'AssignLabel', device, label, op })
      return { ...command, device: idText('dev', device), label, op }
    },
    'labels.revoke': async (request) => {
      const { label } = request
      const { device } = teams.resolveDevice(request.team, request.device)
      const command = await write(parts, request, { kind: 'RevokeLabel', device, label })
      return { ...command, device: idText('dev', device), label }
    },
    'labels.ls': ({ team }) => {
      const { id, members } = teams.view(team)
      const names = new Map(members.map(({ device, name }) => [device, name]))
      const rows = labelsOf(teams.replica(team).state).map(({ devices, ...label }) => ({
        ...label,
        devices: devices.map((held) => ({ ...held, name: names.get(held.device) ?? '' })),
      }))
      return { team: id, labels: rows }
    },
  }
}

/** `ax names …`. */
export function namesHandlers(parts: NodeParts): Handlers<NamesOperation> {
  const { teams } = parts
  const change = async (
    kind: 'AssignNetworkName' | 'RevokeNetworkName',
    request: Asked & { readonly device: string; readonly name: string },
  ) => {
    const name = networkNameOf(request.name)
    if (name === undefined) throw badName(request.name)
    const { device } = teams.resolveDevice(request.team, request.device)
    const command = await write(parts, request, { kind, device, name })
    return { ...command, device: idText('dev', device), name }
  }
  return {
    'names.assign': (request) => change('AssignNetworkName', request),
    'names.revoke': (request) => change('RevokeNetworkName', request),
    'names.ls': ({ team }) => {
      return { team: teams.view(team).id, names: namesOf(teams.replica(team).state).map(row(parts, team)) }
    },
    'names.show': ({ team, what }) => {
      const { state } = teams.replica(team)
      const named = namesOf(state).find(({ name }) => name === networkNameOf(what))
      const found = named ?? nameOfDevice(parts, team, what)
      return { ...row(parts, team)(found), team: teams.view(team).id }
    },
  }
}

async function write(parts: NodeParts, { team, force }: Asked, intent: Intent) {
  const { cut: _, ...command } = commandOf(await parts.teams.author(team, intent, { force }))
  return command
}

/** The name that a device has, whatever names the device. */
function nameOfDevice(parts: NodeParts, team: string | undefined, what: string): NameView {
  const { state } = parts.teams.replica(team)
  const member = memberView(state, deviceOr(parts, team, what))
  if (member.networkName === null) throw fail('ERR_TEAM_UNKNOWN_NAME', { name: `of ${member.device}` })
  return { name: member.networkName, device: member.device }
}

/** What is neither a name nor a device is, to who asks for a name, an unknown name. */
function deviceOr(parts: NodeParts, team: string | undefined, what: string) {
  try {
    return parts.teams.resolveDevice(team, what)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_TEAM_UNKNOWN_DEVICE')
      throw fail('ERR_TEAM_UNKNOWN_NAME', { name: what })
    throw error
  }
}

function row(parts: NodeParts, team: string | undefined) {
  const members = new Map(parts.teams.view(team).members.map((member) => [member.device, member]))
  return ({ name, device }: NameView) => {
    const member = members.get(device)
    return { name, device, peer: member?.peer ?? '', deviceName: member?.name ?? '' }
  }
}

/** The one spelling of a DNS name or IPv4 address; undefined for what is none. */
function networkNameOf(typed: string): string | undefined {
  const found = canonicalHost(typed)
  return found !== undefined && found.family !== 'ip6' && isNetworkName(found.host) ? found.host : undefined
}

function badName(typed: string): Error {
  return fail('ERR_INVALID_INPUT', { what: `"${typed}" is neither a DNS name nor an IPv4 address` })
}
