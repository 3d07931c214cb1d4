import { fail } from '../../base/index.ts'
import { formatInviteLine, idText, parseId } from '../../codec/index.ts'
import { generateInviteCode, inviteKeyOf } from '../../keys/index.ts'
import { invitesOf, resolveInvite, type InviteView } from '../../team/index.ts'
import type { CallContext, OperationOutput, OperationRequest } from '../../operations/index.ts'
import { joinLineOf } from '../join-line.ts'
import { isoTime, type Handlers, type NodeParts } from '../parts.ts'
import { commandOf } from '../team-command.ts'

type InvitesOperation = 'invites.create' | 'invites.poll' | 'invites.revoke' | 'invites.ls' | 'invites.join'

/** `ax invites …` and `ax join`. */
export function invitesHandlers(parts: NodeParts): Handlers<InvitesOperation> {
  const { teams, clock } = parts
  const inviteOf = (team: string | undefined, text: string): Uint8Array => {
    const invite = resolveInvite(teams.replica(team), text)
    if (invite instanceof Uint8Array) return invite
    throw fail(invite.code, invite.data)
  }
  return {
    'invites.create': (request, context) => create(parts, request, context),
    'invites.poll': ({ team, invite: text }) => {
      const invite = idText('inv', inviteOf(team, text))
      const view = invitesOf(teams.replica(team), clock.now()).find((one) => one.invite === invite)
      if (view === undefined) throw fail('ERR_TEAM_UNKNOWN_INVITE', { invite })
      return { team: teams.view(team).id, ...inviteRow(view) }
    },
    'invites.revoke': async ({ team, invite: text, force }) => {
      const invite = inviteOf(team, text)
      const { cut: _, ...command } = commandOf(await teams.author(team, { kind: 'RevokeInvite', invite }, { force }))
      return { ...command, invite: idText('inv', invite) }
    },
    'invites.ls': ({ team }) => ({
      team: teams.view(team).id,
      invites: invitesOf(teams.replica(team), clock.now()).map(inviteRow),
    }),
    'invites.join': ({ code, name, waitSeconds }, { signal }) =>
      parts.invites.join(code.trim(), { name, waitMs: waitSeconds * 1_000, signal }),
  }
}

/** The code is made here, told once to the caller, and kept nowhere: the graph gets its public half alone. */
async function create(
  parts: NodeParts,
  { team, role, labels, uses, expiresSeconds, server, withKey, epochs, force }: OperationRequest<'invites.create'>,
  { caller }: CallContext,
): Promise<OperationOutput<'invites.create'>> {
  const { teams, keys, random, clock } = parts
  const line = joinLineOf(parts, caller, { server, withKey })
  const { id, members } = teams.view(team)
  const teamBytes = parseId('team', id)
  const code = generateInviteCode(random)
  const key = inviteKeyOf(keys, code, teamBytes).publicKey
  const notAfter = clock.now() + expiresSeconds * 1_000
  const intent = { kind: 'CreateInvite', key, role, labels, maxUses: uses, notAfter } as const
  const { team: _team, command } = commandOf(await teams.author(id, intent, { force }))
  if (epochs === 'all') await teams.grants.toInvite(teamBytes, parseId('cmd', command))
  const admits = members.find(({ peer }) => peer === line.peer)?.permissions.includes('device.admit') === true
  return {
    team: id,
    command,
    invite: idText('inv', parseId('cmd', command)),
    code: formatInviteLine({ ...line, team: teamBytes, code }),
    role,
    uses,
    expiresAt: isoTime(notAfter),
    server: line.peer,
    notices: admits ? [] : [`The server ${line.peer} may not admit devices now: its role needs device.admit.`],
  }
}

function inviteRow(view: InviteView): OperationOutput<'invites.ls'>['invites'][number] {
  const { notAfter, labels, devices, ...rest } = view
  return { ...rest, labels: [...labels], devices: [...devices], uses: devices.length, expiresAt: isoTime(notAfter) }
}
