import Autograd
import Datasets
import LanguageModel
import TensorKernels
import Tokenization

/// The reference's log-probabilities of the pairs, each computed once.
///
/// They are computed in the shards in which the policy first meets the pairs: matrix products
/// depend in their last bits on the shape of a batch, and with equal shapes an unmoved policy has
/// log-ratios of exactly zero.
struct ReferenceLogProbabilities {
  /// log π₀ of the two completions of a pair.
  struct Entry {
    var chosen: Float
    var rejected: Float
  }

  private var reference: Transformer<Float>
  private let tape = Tape<Float>(recordsGradients: false)
  private var entries: [Entry?]
  /// Whether a pair's label has been paid for already.
  private var isLabelled: [Bool]

  init(_ reference: Transformer<Float>, pairs: Int) {
    self.reference = reference
    entries = Array(repeating: nil, count: pairs)
    isLabelled = Array(repeating: false, count: pairs)
  }

  /// π₀ ← α·π + (1 − α)·π₀ with the share α of the policy; what was read before is forgotten.
  mutating func move(towards policy: Transformer<Float>, share: Double) {
    reference.move(towards: policy, share: share)
    for index in entries.indices where entries[index] != nil {
      entries[index] = nil
      isLabelled[index] = true
    }
  }

  /// log π₀ of sequences that belong to no pair, in chunks of their own.
  func completionLogProbabilities(of sequences: [TokenSequence]) -> [Float] {
    reference.completionLogProbabilities(of: sequences)
  }

  /// The entries of the pairs at `indices`.
  ///
  /// Fills in the missing ones, each of which costs a label and two forward passes.
  mutating func entries(
    of indices: [Int], pairs: [PreferencePair], cost: inout Cost
  ) -> [Entry] {
    let missing = indices.filter { entries[$0] == nil }
    if !missing.isEmpty {
      let batch = PairBatch(missing.map { pairs[$0] })
      cost += Cost(labels: missing.count { !isLabelled[$0] })
      cost += .forward(
        through: reference.configuration, sequenceLengths: batch.sequences.sequenceLengths)
      let read = reference.tokenLogProbabilities(
        batch.sequences, tape.record(reference.parameters), on: tape)
      let sums = batch.completionSums(read)
      for ((index, chosen), rejected) in zip(zip(missing, sums.chosen.values), sums.rejected.values)
      {
        entries[index] = Entry(chosen: chosen, rejected: rejected)
      }
      tape.reset()
    }
    return indices.compactMap { entries[$0] }
  }
}

extension Transformer<Float> {
  /// π₀ ← α·π + (1 − α)·π₀ with the share α of the policy, parameter by parameter.
  mutating func move(towards policy: Transformer<Float>, share: Double) {
    for index in parameters.values.indices {
      parameters.values[index] = zip(parameters.values[index], policy.parameters.values[index])
        .map { Float(1 - share) * $0 + Float(share) * $1 }
    }
  }
}
