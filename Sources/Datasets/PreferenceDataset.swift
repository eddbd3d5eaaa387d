/// Preference pairs to learn from and pairs kept aside, the same for every pipeline.
public struct PreferenceDataset: Sendable, Equatable {
  /// The pairs to learn from.
  public var train: [PreferencePair]
  /// The pairs kept aside.
  public var test: [PreferencePair]
  /// What is known about the labels of `train`, in the same order; empty where the gold is unknown.
  public var trainAnnotations: [Annotation]
  /// What is known about the labels of `test`, in the same order; empty where the gold is unknown.
  public var testAnnotations: [Annotation]

  /// Takes pairs whose gold reward is unknown.
  public init(train: [PreferencePair], test: [PreferencePair]) {
    (self.train, self.test, trainAnnotations, testAnnotations) = (train, test, [], [])
  }

  /// Takes pairs labelled by a simulated annotator.
  public init(train: [AnnotatedPair], test: [AnnotatedPair]) {
    self.train = train.map(\.pair)
    self.test = test.map(\.pair)
    trainAnnotations = train.map(\.annotation)
    testAnnotations = test.map(\.annotation)
  }

  /// Splits pairs so that no prompt is on both sides.
  public init(splitting pairs: [PreferencePair], testFraction: Double, seed: Seed) {
    let parts = split(pairs, by: \.prompt, testFraction: testFraction, seed: seed)
    self.init(train: parts.train, test: parts.test)
  }

  /// Splits labelled pairs so that no prompt is on both sides.
  public init(splitting pairs: [AnnotatedPair], testFraction: Double, seed: Seed) {
    let parts = split(pairs, by: \.pair.prompt, testFraction: testFraction, seed: seed)
    self.init(train: parts.train, test: parts.test)
  }

  /// The accuracy that no reward model can exceed in the mean on the training labels.
  public var trainBayesAccuracy: Double? { bayesAccuracy(of: trainAnnotations) }

  /// The accuracy that no reward model can exceed in the mean on the test labels.
  public var testBayesAccuracy: Double? { bayesAccuracy(of: testAnnotations) }
}

/// Moves whole prompts, drawn in random order, to the test side until it has its share of pairs.
private func split<Element>(
  _ elements: [Element], by prompt: (Element) -> [Int], testFraction: Double, seed: Seed
) -> (train: [Element], test: [Element]) {
  precondition((0...1).contains(testFraction), "test fraction \(testFraction) is outside 0...1")
  var sizes: [[Int]: Int] = [:]
  var prompts: [[Int]] = []
  for element in elements {
    if sizes[prompt(element)] == nil { prompts.append(prompt(element)) }
    sizes[prompt(element), default: 0] += 1
  }
  var generator = seed.generator(for: "datasets.split")
  var remaining = Int((Double(elements.count) * testFraction).rounded())
  var testPrompts: Set<[Int]> = []
  for candidate in generator.shuffled(prompts) where sizes[candidate, default: 0] <= remaining {
    testPrompts.insert(candidate)
    remaining -= sizes[candidate, default: 0]
  }
  return (
    elements.filter { !testPrompts.contains(prompt($0)) },
    elements.filter { testPrompts.contains(prompt($0)) }
  )
}

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
