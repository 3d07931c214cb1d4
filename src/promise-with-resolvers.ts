// libp2p 3 calls Promise.withResolvers, which Node 20 lacks: without it every inbound connection dies.
// Imported first in every entry. Delete when the floor is Node 22.
Promise.withResolvers ??= function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: PromiseWithResolvers<T>['resolve']
  let reject!: PromiseWithResolvers<T>['reject']
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
