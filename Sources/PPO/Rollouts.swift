import Datasets
import LanguageModel
import TensorKernels
import Tokenization

/// Sampled completions with everything that was measured on them before any update.
struct Rollouts {
  /// The prompts with their completions.
  let sequences: [TokenSequence]
  /// Whether each completion has an end token.
  let hasEnded: [Bool]
  /// End tokens in the padded completions, TRL's `val/num_eos_tokens`: one for each that has ended.
  let endTokens: Int
  /// Their tokens and value slots.
  let layout: CompletionLayout
  /// What the reward function said.
  var scores: [Double] = []
  /// log π of each token under the policy that sampled it.
  var logProbabilities: [[Float]]
  /// log π₀ of each token.
  var referenceLogProbabilities: [[Float]]
  /// The rewards of the reference's completions of the same prompts, for baselines that read them.
  var referenceRewards: [[Double]] = []
  /// V of each value slot; empty rows where no value model is trained.
  var values: [[Float]]

  init(_ samples: [Sampled], _ configuration: PPOConfiguration) {
    sequences = samples.map { sample in
      guard configuration.galleryFault == .padIsEnd, sample.ended else { return sample.sequence }
      // What the mask of a padding that is the end token leaves of a completion.
      return TokenSequence(
        prompt: sample.sequence.prompt, completion: sample.sequence.completion.dropLast())
    }
    hasEnded = samples.map(\.ended)
    layout = CompletionLayout(
      tokenCounts: sequences.map(\.completion.count), width: configuration.responseLength,
      scorePosition: configuration.scorePosition)
    let paddedWidth = samples.count * configuration.responseLength
    endTokens =
      configuration.galleryFault == .padIsEnd
      ? paddedWidth - layout.tokenCounts.reduce(0, +) : hasEnded.count { $0 }
    let none = [[Float]](repeating: [], count: samples.count)
    (logProbabilities, referenceLogProbabilities, values) = (none, none, none)
  }

  var isFinite: Bool {
    (scores + referenceRewards.joined()).allSatisfy(\.isFinite)
      && [logProbabilities, referenceLogProbabilities, values].allSatisfy {
        $0.allSatisfy { $0.allSatisfy(\.isFinite) }
      }
  }

  /// Tokens of each prompt and completion together.
  var sequenceLengths: [Int] { sequences.map { $0.prompt.count + $0.completion.count } }

  func sequences(_ indices: [Int]) -> [TokenSequence] { indices.map { sequences[$0] } }

  func tokenCount(_ indices: [Int]) -> Int { indices.reduce(0) { $0 + layout.tokenCounts[$1] } }

  func slotCount(_ indices: [Int]) -> Int {
    indices.reduce(0) { $0 + layout.slotCount(of: $1) }
  }

  /// The rows of a batch of these rollouts whose states have a value slot.
  func valueRows(_ indices: [Int], in batch: SequenceBatch) -> [Int] {
    indices.enumerated().flatMap { i, rollout in
      batch.stateRows[batch.states[i]].prefix(layout.slotCount(of: rollout))
    }
  }
}

extension Array {
  /// The concatenation of the rows at `indices`.
  func joined<Scalar>(_ indices: [Int]) -> [Scalar] where Element == [Scalar] {
    indices.flatMap { self[$0] }
  }
}
