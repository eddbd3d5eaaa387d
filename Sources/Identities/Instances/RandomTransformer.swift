import Autograd
import DPO
import Datasets
import ExactTheory
import LanguageModel
import RealModule
import Tasks
import TensorKernels
import Tokenization

/// Two random transformers in Float on a language of 40 completions: a policy and a reference.
struct RandomTransformer {
  let policy: Transformer<Float>
  let reference: Transformer<Float>
  let tree: CompletionTree
  let prompt: [Int]
  /// The gold reward of each completion.
  let rewards: [Double]
  let beta: Double

  init(using generator: inout CounterGenerator) throws {
    var settings = EnumerableLanguage.Settings()
    (settings.words, settings.maximumWords) = (3, 3)
    let language = try EnumerableLanguage(settings)
    policy = randomModel(language, using: &generator)
    reference = randomModel(language, using: &generator)
    let (tree, prompt) = (
      CompletionTree(language.completions()), generator.choose(language.allPrompts)
    )
    (self.tree, self.prompt) = (tree, prompt)
    rewards = tree.completions.map {
      language.gold(TokenSequence(prompt: prompt, completion: $0)).total
    }
    beta = 0.2 + generator.uniform()
  }

  /// The log-probabilities of all completions, from one pass over the tree's branches.
  func logProbabilities<Scalar: TensorScalar>(of model: Transformer<Scalar>) -> [Double] {
    ExactPolicy(of: model, prompts: [prompt], completions: tree).logProbabilities[0]
  }

  /// The objective with the reference's own probabilities.
  var objective: ExactObjective {
    ExactObjective(logReference: logProbabilities(of: reference), rewards: rewards, beta: beta)
  }

  /// The policy with a score vector a completion, from a pass each.
  var scored: ScoredPolicy { ScoredPolicy(of: policy, prompt: prompt, completions: tree) }

  /// The completions as the model reads them.
  var sequences: [TokenSequence] {
    tree.completions.map { TokenSequence(prompt: prompt, completion: $0) }
  }

  /// The gradient of Σ cᵧ·log q(y) by one backward pass through all completions at once.
  func gradient(weightedBy coefficients: [Double]) -> [Double] {
    let tape = Tape<Float>()
    let recorded = tape.record(policy.parameters)
    let batch = SequenceBatch(sequences)
    let sums = policy.tokenLogProbabilities(batch, recorded, on: tape)
      .logProbabilities.segmentSums(batch.completions)
    tape.backward(from: sums.weightedSum(coefficients.map { Float($0) }))
    return recorded.gradient().values.flatMap { $0.map { Double($0) } }
  }

  /// The policy in Double, moved along a direction of its parameters.
  func moved(along direction: [Double], by step: Double) throws -> Transformer<Double> {
    var parameters = policy.parameters.converted(to: Double.self)
    var place = 0
    for i in parameters.values.indices {
      for j in parameters.values[i].indices {
        parameters.values[i][j] += step * direction[place]
        place += 1
      }
    }
    return try Transformer(configuration: policy.configuration, parameters: parameters)
  }

  /// The DPO losses of pairs of completions as the trainer computes them.
  func dpoLosses(_ pairs: [CompletionPair], reference: Transformer<Float>) -> [Double] {
    let tape = Tape<Float>()
    let batch = PairBatch(
      pairs.map {
        PreferencePair(
          prompt: prompt, chosen: tree.completions[$0.chosen],
          rejected: tree.completions[$0.rejected])
      })
    func sums(_ model: Transformer<Float>) -> (chosen: Tensor<Float>, rejected: Tensor<Float>) {
      batch.completionSums(
        model.tokenLogProbabilities(batch.sequences, tape.record(model.parameters), on: tape))
    }
    let (own, other) = (sums(policy), sums(reference))
    return DPOLoss(beta: beta).pairLosses(
      PairLogProbabilities(
        policyChosen: own.chosen, policyRejected: own.rejected,
        referenceChosen: other.chosen.detached(), referenceRejected: other.rejected.detached())
    ).values.map { Double($0) }
  }
}

/// A model of one layer, wide awake: fresh weights would leave all tokens about equally likely.
private func randomModel(
  _ language: EnumerableLanguage, using generator: inout CounterGenerator
) -> Transformer<Float> {
  var model = Transformer<Float>(
    configuration: ModelConfiguration(
      layers: 1, hiddenSize: 16, intermediateSize: 24, heads: 2,
      vocabularySize: language.tokenizer.vocabularySize, maximumLength: 8),
    using: &generator)
  for i in model.parameters.values.indices where model.parameters.shapes[i].rows > 1 {
    for j in model.parameters.values[i].indices { model.parameters.values[i][j] *= 15 }
  }
  return model
}
