import { toHex } from '../../codec/index.ts'
import { failureWarning, forkWarning } from '../effects/team-warnings.ts'
import type { Teams } from '../effects/team.ts'
import { memberRow } from '../member-row.ts'
import type { Handlers, NodeParts } from '../parts.ts'
import { commandOf } from '../team-command.ts'
import { logAnswer } from './team-log.ts'

type TeamsOperation =
  | 'teams.create'
  | 'teams.close'
  | 'teams.add'
  | 'teams.remove'
  | 'teams.ls'
  | 'teams.show'
  | 'teams.log'
  | 'teams.verify'
type TeamView = ReturnType<Teams['view']>

/** `ax teams …`. */
export function teamsHandlers(parts: NodeParts): Handlers<TeamsOperation> {
  const { teams } = parts
  return {
    'teams.create': async ({ name, deviceName }) => {
      const made = await teams.createTeam(name, deviceName ?? parts.settings.effective().general.displayName)
      parts.events.emit('team', 'created', { team: made.id, name: made.name })
      return { team: made.id, name: made.name, device: teams.device.id }
    },
    'teams.close': async ({ team, reason, force }) => {
      const intent = { kind: 'CloseTeam', ...(reason === undefined ? {} : { reason }) } as const
      const { team: id, command } = commandOf(await teams.author(team, intent, { force }))
      return { team: id, command }
    },
    'teams.add': ({ team }) => teams.addTeam(team),
    'teams.remove': ({ team, force }) => teams.removeTeam(team, force),
    'teams.ls': () => ({ teams: teams.list().map((team) => teamRow(parts, team)) }),
    'teams.show': ({ team }) => {
      const view = teams.view(team)
      const { epochs, pending: rotationPending } = teams.epochs(team)
      const devices = view.members.map((member) => memberRow(parts, member))
      return { ...teamRow(parts, view), devices, rotationPending, epochs: [...epochs] }
    },
    'teams.verify': async ({ team }) => {
      const { team: id, commands, checks, stateHash, referenceHash } = await teams.audit(team)
      return { team: id, commands, checks, stateHash: toHex(stateHash), byReference: referenceHash !== null }
    },
    'teams.log': (request) => logAnswer(parts, request),
  }
}

function teamRow(parts: NodeParts, view: TeamView) {
  const own = view.members.find(({ device }) => device === parts.teams.device.id)
  const state: 'open' | 'closed' | 'not-synced' = !view.synced ? 'not-synced' : view.open ? 'open' : 'closed'
  return {
    team: view.id,
    name: view.name,
    state,
    role: own?.role ?? null,
    members: view.members.length,
    commands: view.count,
    heads: [...view.heads],
    stateHash: view.stateHash,
    warnings: warningsOf(view),
  }
}

function warningsOf(view: TeamView): string[] {
  const lines = view.forked.map(({ device, lost }) => forkWarning(device, lost))
  if (view.failure !== undefined) lines.push(failureWarning(view.failure))
  if (view.diverged) lines.push('Another node computed another state from the same commands.')
  return lines
}
