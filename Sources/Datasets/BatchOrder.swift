/// The order in which batches of examples are visited: a new shuffle every epoch.
///
/// Arms that use the same seed and purpose see the same examples in the same order. Each epoch
/// drops the examples that do not fill a batch; other ones are left out in the next epoch. Where
/// there are fewer examples than a batch holds, a batch is all of them.
public struct BatchOrder: Sendable {
  /// The number of examples.
  public let count: Int
  /// The number of examples in every batch.
  public let batchSize: Int
  private let seed: Seed
  private let purpose: String

  /// Plans batches over the examples `0..<count`.
  public init(count: Int, batchSize: Int, seed: Seed, purpose: String) {
    precondition(count > 0 && batchSize > 0, "\(count) examples in batches of \(batchSize)")
    (self.count, self.batchSize) = (count, min(batchSize, count))
    (self.seed, self.purpose) = (seed, purpose)
  }

  /// The number of whole batches in an epoch.
  public var batchesPerEpoch: Int { count / batchSize }

  /// The batches of an epoch, as indices of examples.
  public func batches(inEpoch epoch: Int) -> [[Int]] {
    var generator = seed.generator(for: purpose, step: epoch)
    let order = generator.shuffled(Array(0..<count))
    return (0..<batchesPerEpoch).map { Array(order[($0 * batchSize)..<(($0 + 1) * batchSize)]) }
  }

  /// The batch of a step, counted from zero over all epochs.
  public func batch(atStep step: Int) -> [Int] {
    batches(inEpoch: step / batchesPerEpoch)[step % batchesPerEpoch]
  }
}
