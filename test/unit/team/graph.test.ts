import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src/codec/index.ts'
import { sha256 } from '../../../src/keys/index.ts'
import { chooseParents, Graph, nextDepth, type GraphNode } from '../../../src/team/graph.ts'
import type { Act, Command } from '../../../src/team/index.ts'

/** Bare commands: the graph looks at ids, parents, depth, author and number alone. */
class Weaver {
  readonly graph = new Graph()
  #count = 0

  make(author: number, parents: readonly GraphNode[], change: Partial<Command> = {}): Command {
    const authorHex = toHex(new Uint8Array(32).fill(author))
    const id = sha256(new TextEncoder().encode(`node ${this.#count++}`))
    const command = {
      id,
      idHex: toHex(id),
      parentHexes: parents.map(({ command }) => command.idHex),
      authorHex,
      author: new Uint8Array(32).fill(author),
      key: new Uint8Array(32).fill(author),
      depth: nextDepth(parents),
      sequence: this.graph.nextSequence(parents, authorHex),
      generation: 0,
      kind: 'CloseTeam',
      bytes: new Uint8Array(0),
      ...change,
    }
    return command as Command
  }

  put(author: number, parents: readonly GraphNode[], change: Partial<Command> = {}): GraphNode {
    const command = this.make(author, parents, change)
    const act = { kind: 'CloseTeam', body: {} } as Act
    const role = { role: 'user', roleAt: '', roleBy: '', needs: [], deps: [] }
    const origin = { rank: 1, seniority: { depth: 0, idHex: '' }, order: 1, ...role } as const
    return this.graph.add(command, { act, parents, origin })
  }
}

function codeOf(found: readonly GraphNode[] | { code: string }): string {
  return 'code' in found ? found.code : 'ok'
}

describe('the graph', () => {
  it('sec/G2: takes parents that are there, an antichain, and the exact depth and number', () => {
    const weaver = new Weaver()
    const { graph } = weaver
    const root = weaver.put(1, [])
    const [a, b] = [weaver.put(1, [root]), weaver.put(2, [root])]
    expect(codeOf(graph.place(weaver.make(3, [a, b])))).toBe('ok')
    expect(codeOf(graph.place(weaver.make(3, [])))).toBe('ERR_TEAM_BAD_PARENT')
    expect(codeOf(graph.place(weaver.make(3, [a], { parentHexes: ['ff'] })))).toBe('ERR_TEAM_BAD_PARENT')
    expect(codeOf(graph.place(weaver.make(3, [root, a])))).toBe('ERR_TEAM_BAD_PARENT')
    expect(codeOf(graph.place(weaver.make(3, [a, b], { depth: 1 })))).toBe('ERR_TEAM_BAD_DEPTH')
    expect(codeOf(graph.place(weaver.make(1, [b], { sequence: 2 })))).toBe('ERR_TEAM_BAD_SEQUENCE')
    expect(codeOf(graph.place(weaver.make(1, [a, b], { sequence: 1 })))).toBe('ERR_TEAM_BAD_SEQUENCE')
  })

  it('sec/G3: a chain of 100,000 and a ladder of 1,000 diamonds are walked without recursion', () => {
    const weaver = new Weaver()
    let node = weaver.put(1, [])
    const root = node
    for (let i = 0; i < 100_000; i++) node = weaver.put(1 + (i % 3), [node])
    expect(weaver.graph.isBefore(root, node)).toBe(true)
    for (let i = 0; i < 1_000; i++) node = weaver.put(1, [weaver.put(2, [node]), weaver.put(3, [node])])
    expect(weaver.graph.isBefore(root, node)).toBe(true)
    expect(weaver.graph.heads()).toEqual([node])
  }, 60_000)

  it('knows who is before whom, also among the commands of a device that forked', () => {
    for (let seed = 0; seed < 30; seed++) {
      const weaver = new Weaver()
      const nodes = [weaver.put(0, [])]
      const past = new Map<GraphNode, Set<GraphNode>>([[nodes[0]!, new Set()]])
      let state = seed + 1
      const draw = (n: number): number => (state = (state * 48_271) % 2_147_483_647) % n
      for (let i = 0; i < 40; i++) {
        const first = nodes[draw(nodes.length)]!
        const second = nodes[draw(nodes.length)]!
        const isPair = first !== second && !past.get(first)!.has(second) && !past.get(second)!.has(first)
        const parents = isPair ? [first, second] : [first]
        const node = weaver.put(draw(4), parents)
        past.set(node, new Set(parents.flatMap((parent) => [parent, ...past.get(parent)!])))
        nodes.push(node)
      }
      for (const x of nodes) for (const y of nodes) expect(weaver.graph.isBefore(x, y)).toBe(past.get(y)!.has(x))
    }
  })

  it('sec/G1: a device that uses a number twice is flagged', () => {
    const weaver = new Weaver()
    const root = weaver.put(1, [])
    weaver.put(2, [root])
    expect(weaver.graph.forked()).toEqual([])
    weaver.put(2, [root])
    expect(weaver.graph.forked()).toEqual([toHex(new Uint8Array(32).fill(2))])
  })

  it('a command on more than 16 heads names the 16 smallest', () => {
    const weaver = new Weaver()
    const root = weaver.put(0, [])
    for (let i = 0; i < 20; i++) weaver.put(i + 1, [root])
    const heads = weaver.graph.heads()
    const ids = heads.map(({ command }) => command.idHex)
    expect(ids).toEqual([...ids].sort())
    expect(chooseParents(weaver.graph, toHex(new Uint8Array(32).fill(99)))).toEqual(heads.slice(0, 16))
    // A device of the first 16 has its last command among them; one of the others must not fork itself.
    const [first, last] = [heads[0]!, heads[19]!]
    expect(chooseParents(weaver.graph, first.command.authorHex)).toEqual(heads.slice(0, 16))
    expect(chooseParents(weaver.graph, last.command.authorHex)).toEqual([...heads.slice(0, 15), last])
  })
})
