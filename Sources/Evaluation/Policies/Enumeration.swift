import ExactTheory
import LanguageModel
import Tasks
import TensorKernels
import Tokenization

/// Every completion under the reference: what exact evaluations of policies start from.
struct Enumeration: Sendable {
  /// The different prompts, in the order they first appear.
  let prompts: [[Int]]
  /// The share of each prompt among those evaluated.
  let frequencies: [Double]
  let tree: CompletionTree
  /// The gold reward, `[prompt][completion]`.
  let gold: [[Double]]
  let reference: ExactPolicy
  let frontier: ExactFrontier
  /// The objective of every prompt, where the evaluation has one.
  let goal: EnumeratedObjectives?

  init(
    of task: any PreferenceTask, completions: [[Int]], reference model: Transformer<Float>,
    prompts all: [[Int]],
    temperature: Double, objective target: EvaluatedObjective?
  ) {
    var counts: [[Int]: Int] = [:]
    prompts = all.filter { prompt in
      counts[prompt, default: 0] += 1
      return counts[prompt] == 1
    }
    frequencies = prompts.map { Double(counts[$0, default: 0]) / Double(all.count) }
    let tree = CompletionTree(completions)
    self.tree = tree
    reference = ExactPolicy(
      of: model, prompts: prompts, completions: tree, temperature: temperature)
    gold = prompts.map { prompt in
      tree.completions.map {
        task.gold(TokenSequence(prompt: prompt, completion: $0)).total
      }
    }
    frontier = ExactFrontier(
      logReferences: reference.logProbabilities, rewards: gold, frequencies: frequencies)
    let tables = zip(reference.logProbabilities, gold)
    let (prompts, frequencies) = (prompts, frequencies)
    goal = target.map { target in
      EnumeratedObjectives(
        prompts: prompts, frequencies: frequencies,
        objectives: tables.map { logReference, gold in
          ExactObjective(
            logReference: logReference, rewards: gold.map { $0 / target.annotatorTemperature },
            beta: target.beta)
        }, completions: tree)
    }
  }

  /// Adds what enumeration says about a model.
  func fill(
    _ evaluation: inout PolicyEvaluation, with model: Transformer<Float>, temperature: Double
  ) {
    fill(
      &evaluation,
      with: ExactPolicy(of: model, prompts: prompts, completions: tree, temperature: temperature))
  }

  /// Adds what enumeration says about a policy.
  func fill(_ evaluation: inout PolicyEvaluation, with policy: ExactPolicy) {
    let divergence = weighted(policy.divergences(from: reference))
    evaluation.exactKL = divergence
    evaluation.exactGold = weighted(policy.expectations(of: gold))
    evaluation.frontierGold = frontier.reward(atDivergence: divergence)
    evaluation.suboptimality = goal?.suboptimality(of: policy)
    evaluation.objective = goal?.normalizedValue(of: policy)
  }

  private func weighted(_ values: [Double]) -> Double { weightedSum(values, frequencies) }
}
