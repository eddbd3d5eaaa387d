package import Datasets
package import LanguageModel
package import Tasks
import TensorKernels
import Tokenization

/// Preference pairs sampled from a reference policy and labelled by a simulated annotator.
package struct SampledPreferences: Sendable, Equatable {
  /// The labelled pairs, in the order of the prompts.
  package var pairs: [AnnotatedPair] = []
  /// The gold reward of each pair's chosen completion.
  package var chosenGold: [Double] = []
  /// The gold reward of each pair's rejected completion.
  package var rejectedGold: [Double] = []
  /// How many pairs were dropped since their completions stayed identical.
  package var dropped = 0
  /// How many completions were sampled, redrawn ones included.
  package var sampled: Int
  /// What the sampling spent; each pair is a label.
  package var cost: Cost
}

/// Samples completions of each prompt from the reference and labels all pairs of them.
///
/// Two completions make one pair, four make six, as in Rafailov (2023), appendix C.1. A completion
/// that equals an earlier one of its prompt is redrawn up to `redraws` times, since a pair of
/// identical completions teaches nothing; what is still identical then is dropped and counted.
/// Which of a pair's completions comes first does not depend on their rewards. The label of pair
/// number k of prompt number i is draw i·(pairs a prompt) + k of the annotator.
///
/// - Parameters:
///   - reference: The policy that both pipelines start from.
///   - task: Gives the gold reward that the annotator sees.
///   - prompts: One group of completions each; equal prompts are sampled apart.
///   - completionsPerPrompt: At least two.
///   - annotator: Labels the pairs.
///   - seed: Decides the completions.
///   - temperature: The sampling temperature.
///   - redraws: How often an identical completion is drawn again.
///   - workers: Threads that share the sampling; the result does not depend on them.
/// - Returns: The labelled pairs with what is known about them.
package func samplePreferencePairs(
  reference: Transformer<Float>, task: any PreferenceTask, prompts: [[Int]],
  completionsPerPrompt: Int = 2, annotator: BradleyTerryAnnotator, seed: Seed,
  temperature: Double = 1, redraws: Int = 4, workers: Int = 1
) -> SampledPreferences {
  precondition(completionsPerPrompt > 1, "\(completionsPerPrompt) completions make no pair")
  let size = completionsPerPrompt
  var completions = [[Int]](repeating: [], count: prompts.count * size)
  var open = Array(completions.indices)
  var (sampled, cost) = (0, Cost())
  for attempt in 0...redraws where !open.isEmpty {
    let uniforms = UniformStream(seed: seed, purpose: "evaluation.preferences", step: attempt)
    let drawn = sampleCompletions(
      of: reference, prompts: open.map { prompts[$0 / size] }, task: task, temperature: temperature,
      workers: workers
    ) { [open] in uniforms(open[$0], $1) }
    for (slot, sequence) in zip(open, drawn) { completions[slot] = sequence.completion }
    sampled += drawn.count
    cost += .forward(
      through: reference.configuration, sequenceLengths: drawn.map(\.tokens.count))
    open = completions.indices.filter { slot in
      completions[(slot - slot % size)..<slot].contains(completions[slot])
    }
  }
  var preferences = SampledPreferences(sampled: sampled, cost: cost)
  for (i, prompt) in prompts.enumerated() {
    let group = Array(completions[(i * size)..<((i + 1) * size)])
    preferences.add(pairsOf: group, after: prompt, number: i, task: task, annotator: annotator)
  }
  return preferences
}

extension SampledPreferences {
  /// Labels all pairs of a prompt's completions, the identical ones left out.
  fileprivate mutating func add(
    pairsOf group: [[Int]], after prompt: [Int], number: Int, task: any PreferenceTask,
    annotator: BradleyTerryAnnotator
  ) {
    let gold = group.map { task.gold(TokenSequence(prompt: prompt, completion: $0)).total }
    let all = group.indices.flatMap { a in group.indices.filter { $0 > a }.map { (a, $0) } }
    for (k, (a, b)) in all.enumerated() {
      guard group[a] != group[b] else {
        dropped += 1
        continue
      }
      let labelled = annotator.annotate(
        prompt: prompt, first: group[a], second: group[b],
        gold: { $0.completion == group[a] ? gold[a] : gold[b] }, index: number * all.count + k)
      let isFirstChosen = labelled.pair.chosen == group[a]
      pairs.append(labelled)
      chosenGold.append(isFirstChosen ? gold[a] : gold[b])
      rejectedGold.append(isFirstChosen ? gold[b] : gold[a])
      cost.labels += 1
    }
  }
}
