import { describe, expect, it } from 'vitest'
import { deviceOf, SmallGraph } from './small-graph.ts'

/** Scenarios of TEAM.md 11 on the oracle itself: who checks others is checked by hand. */
describe('the oracle of the law', () => {
  it('T01: what a removed operator did beside its removal is void', () => {
    const g = SmallGraph.base({ A: 'manager', B: 'operator' })
    g.remove('out', 'A', g.base, 'B')
    g.addDevice('U', 'B', g.base, 'U')
    expect([g.members(), g.fate('U')]).toEqual(['A:manager O:owner', 'void'])
  })

  it('T02: what the remover had seen stays', () => {
    const g = SmallGraph.base({ A: 'manager', B: 'operator' })
    g.addDevice('U', 'B', g.base, 'U')
    g.remove('out', 'A', ['U'], 'B')
    expect(g.members()).toBe('A:manager O:owner U:user')
  })

  it('T03, T33, T37, T38: refused at origin, with the code of the first check that fails', () => {
    const g = SmallGraph.base({ A: 'manager', B: 'manager', D: 'admin' })
    g.remove('equal', 'A', g.base, 'B')
    g.remove('last', 'O', g.base, 'O')
    g.add('closing', 'D', g.base, 'CloseTeam', {})
    g.add('close', 'O', g.base, 'CloseTeam', {})
    g.act('late', 'A', ['close'])
    expect(['equal', 'last', 'closing', 'late'].map((name) => g.fate(name))).toEqual([
      'refused RANK_TOO_LOW',
      'refused LAST_OWNER',
      'refused NO_PERMISSION',
      'refused CLOSED',
    ])
  })

  it('T05, T07: a chain of removals, and a re-add beside a removal', () => {
    const g = SmallGraph.base({ A: 'manager', B: 'operator', C: 'user' })
    g.remove('byO', 'O', g.base, 'A')
    g.remove('byA', 'A', g.base, 'B')
    g.remove('byB', 'B', g.base, 'C')
    expect([g.members(), g.fate('byA')]).toEqual(['B:operator O:owner', 'void'])
    const h = SmallGraph.base({ A: 'manager', B: 'operator', U: 'user' })
    h.remove('byA', 'A', h.base, 'U')
    h.addDevice('again', 'B', [h.remove('byB', 'B', h.base, 'U')], 'U', 'user', 1)
    expect([h.members(), h.fate('again')]).toEqual(['A:manager B:operator O:owner', 'void'])
  })

  it('T08, T10: exclusive facts go to the first', () => {
    const g = SmallGraph.base({ A: 'manager', B: 'operator', V: 'user' })
    g.remove('byA', 'A', g.base, 'V')
    g.remove('byB', 'B', g.base, 'V')
    expect([g.fate('byA'), g.fate('byB')]).toEqual(['effective', 'recalled UNKNOWN_DEVICE'])
    const h = SmallGraph.base({ A: 'manager' })
    h.addDevice('byA', 'A', h.base, 'U', 'user')
    h.addDevice('byO', 'O', h.base, 'U', 'operator')
    expect([h.members(), h.fate('byA')]).toEqual(['A:manager O:owner U:operator', 'recalled DUPLICATE'])
  })

  it('T16, T61: forks of one device', () => {
    const g = SmallGraph.base({ U: 'user' })
    g.remove('leave', 'U', g.base, 'U')
    g.act('merge', 'O', ['leave'])
    g.act('old', 'U', g.base)
    expect([g.members(), g.fate('old'), g.judge().forked.size]).toEqual(['O:owner', 'void', 1])
    const h = SmallGraph.base({ U: 'user' })
    h.act('x', 'U', h.base)
    h.act('y', 'U', h.base)
    expect([h.fate('x'), h.fate('y')].sort()).toEqual(['effective', 'void'])
  })

  it('T17, T20, T22, T23: demotion takes what it takes, and no more', () => {
    const g = SmallGraph.base({ B: 'manager' })
    g.assign('down', 'O', g.base, 'B', 'manager', 'user')
    g.addDevice('U', 'B', g.base, 'U')
    g.act('key', 'B', ['U'])
    expect([g.members(), g.fate('U'), g.fate('key')]).toEqual(['B:user O:owner', 'void', 'effective'])
    const h = SmallGraph.base({ A: 'manager', B: 'operator' })
    h.assign('byA', 'A', h.base, 'B', 'operator', 'user')
    h.assign('byO', 'O', h.base, 'B', 'operator', 'manager')
    expect([h.members(), h.fate('byA')]).toEqual(['A:manager B:manager O:owner', 'recalled STALE_ROLE'])
    const k = SmallGraph.base({ A: 'manager', B: 'operator' })
    k.assign('down', 'O', k.base, 'A', 'manager', 'user')
    k.remove('out', 'A', k.base, 'B')
    expect(k.members()).toBe('A:user B:operator O:owner')
    const m = SmallGraph.base({ A: 'manager', B: 'operator' })
    m.remove('out', 'A', m.base, 'B')
    m.assign('down', 'O', ['out'], 'A', 'manager', 'user')
    expect(m.members()).toBe('A:user O:owner')
  })

  it('T25: a cycle goes to the most senior', () => {
    const g = SmallGraph.base({ O2: 'owner', O3: 'owner', X: 'user', Y: 'user', Z: 'user' })
    g.remove('xy', 'X', [g.assign('x', 'O', g.base, 'X', 'user', 'manager')], 'Y')
    g.remove('yz', 'Y', [g.assign('y', 'O2', g.base, 'Y', 'user', 'manager')], 'Z')
    g.remove('zx', 'Z', [g.assign('z', 'O3', g.base, 'Z', 'user', 'manager')], 'X')
    expect(['xy', 'yz', 'zx'].map((name) => g.fate(name))).toEqual(['effective', 'void', 'void'])
    expect(g.members()).toBe('O2:owner O3:owner O:owner X:manager Z:manager')
  })

  it('T27, T73: a permission taken away, and a grant that never was', () => {
    const g = SmallGraph.base({ A: 'manager', U: 'user' })
    const role = { role: 'manager', roleAt: g.id('manager'), permission: 'device.remove' }
    g.add('less', 'O', g.base, 'RemovePermission', role)
    g.remove('out', 'A', g.base, 'U')
    expect([g.members(), g.fate('out')]).toEqual(['A:manager O:owner U:user', 'void'])
    const h = SmallGraph.base({ A: 'manager', B: 'user', U: 'user' })
    h.add('r', 'O', h.base, 'CreateRole', { role: 'r', rank: 700, permissions: ['device.remove'] })
    h.add('grant', 'A', ['r'], 'AssignRole', { ...gen('B'), role: 'r', roleAt: h.id('r'), from: 'user' })
    h.remove('out', 'B', ['grant'], 'U')
    h.add('gone', 'O', ['r'], 'DeleteRole', { role: 'r', roleAt: h.id('r') })
    h.act('key', 'U', ['r'])
    expect([h.fate('grant'), h.fate('out'), h.fate('key')]).toEqual(['recalled UNKNOWN_ROLE', 'void', 'effective'])
  })

  it('T32: of two owners who step down at once, one stays', () => {
    const g = SmallGraph.base({ O2: 'owner' })
    g.assign('one', 'O', g.base, 'O', 'owner', 'user')
    g.assign('two', 'O2', g.base, 'O2', 'owner', 'user')
    expect([g.fate('one'), g.fate('two')]).toEqual(['effective', 'recalled LAST_OWNER'])
  })

  it('T66, T67, T74: a rank that was lost, a forker as witness, accomplices', () => {
    const g = SmallGraph.base({ C: 'manager', B: 'user' })
    g.assign('c', 'O', g.base, 'C', 'manager', 'operator')
    g.assign('b', 'O', ['c'], 'B', 'user', 'manager')
    g.remove('bc', 'B', ['b'], 'C')
    g.remove('cb', 'C', g.base, 'B')
    expect(g.members()).toBe('B:manager O:owner')
    const h = SmallGraph.base({ O2: 'owner', F: 'operator' })
    h.addDevice('U', 'F', h.base, 'U')
    h.remove('fLeaves', 'F', ['U'], 'F')
    h.remove('oLeaves', 'O', ['fLeaves'], 'O')
    h.confirm('two', 'O2', [h.confirm('one', 'O2', ['oLeaves'], 'F', 'fLeaves')], 'O', 'oLeaves')
    h.addDevice('Z', 'F', h.base, 'Z')
    h.act('witness', 'O', ['Z'])
    expect(h.members()).toBe('O2:owner U:user')
    const k = SmallGraph.base({ A: 'operator', C: 'operator' })
    k.assign('down', 'O', k.base, 'A', 'operator', 'sync-role')
    k.act('oActs', 'O', [k.act('aActs', 'A', ['down'])])
    k.remove('out', 'C', [k.assign('self', 'A', k.base, 'A', 'operator', 'user')], 'A')
    expect([k.members(), k.fate('self'), k.fate('out')]).toEqual(['A:sync-role C:operator O:owner', 'void', 'void'])
  })
})

const gen = (name: string): { device: Uint8Array; gen: number } => ({ device: deviceOf(name), gen: 0 })
