import Autograd
import Datasets
import LanguageModel
import TensorKernels
import Training

/// The reference's log-probabilities of the pairs, each computed once.
///
/// They are read a few pairs at a time. A row's result does not depend on the rows beside it, so that an
/// unmoved policy has log-ratios of exactly zero nonetheless.
struct ReferenceLogProbabilities {
  /// log π₀ of the two completions of a pair.
  struct Entry: Sendable {
    var chosen: Float
    var rejected: Float
  }

  /// The reference as it is now.
  private(set) var model: Transformer<Float>
  private let readers: InferenceWorkers<Float>
  private var entries: [Entry?]
  /// Whether a pair's label has been paid for already.
  private var isLabelled: [Bool]

  init(_ reference: Transformer<Float>, pairs: Int, readers: InferenceWorkers<Float>) {
    (model, self.readers) = (reference, readers)
    entries = Array(repeating: nil, count: pairs)
    isLabelled = Array(repeating: false, count: pairs)
  }

  /// Moves the reference towards the policy; what was read before is forgotten.
  mutating func move(_ movement: MovingReference, towards policy: Transformer<Float>) {
    movement.move(&model, towards: policy)
    for index in entries.indices where entries[index] != nil {
      entries[index] = nil
      isLabelled[index] = true
    }
  }

  /// The entries of the pairs of every part, and what reading it cost.
  ///
  /// Fills in the missing ones, each of which costs a label and two forward passes.
  mutating func entries(
    of parts: [[Int]], pairs: [PreferencePair]
  ) -> [(entries: [Entry], cost: Cost)] {
    let missing = parts.map { part in part.filter { entries[$0] == nil } }
    let batches = missing.map { PairBatch($0.map { pairs[$0] }) }
    let costs = zip(missing, batches).map { missing, batch in
      var cost = Cost(labels: missing.count { !isLabelled[$0] })
      cost += .forward(
        through: model.configuration, sequenceLengths: batch.sequences.sequenceLengths)
      return cost
    }
    let open = Array(missing.joined())
    let chunks = inferenceChunks(ofLengths: open.map { pairs[$0].tokenCount })
    let found = readers.map(chunks.count) { [model] chunk, tape in
      model.entries(of: PairBatch(open[chunks[chunk]].map { pairs[$0] }), on: tape)
    }
    for (index, entry) in zip(open, found.joined()) { entries[index] = entry }
    return zip(parts, costs).map { part, cost in (part.compactMap { entries[$0] }, cost) }
  }
}

extension Transformer<Float> {
  /// The log-probabilities of the completions of every pair of a batch.
  fileprivate func entries(
    of batch: PairBatch, on tape: Tape<Float>
  ) -> [ReferenceLogProbabilities.Entry] {
    let read = tokenLogProbabilities(batch.sequences, tape.record(parameters), on: tape)
    let sums = batch.completionSums(read)
    return zip(sums.chosen.values, sums.rejected.values).map {
      ReferenceLogProbabilities.Entry(chosen: $0, rejected: $1)
    }
  }
}
