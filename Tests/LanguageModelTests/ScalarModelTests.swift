import Autograd
import LanguageModel
import TensorKernels
import TestSupport
import Testing
import Tokenization

@Suite struct ScalarModelTests {
  @Test func aZeroHeadGivesZeroScoresAndValues() {
    let model = ScalarModel(backbone: tinyModel(as: Float.self))
    #expect(model.lastTokenScores(of: exampleSequences) == [0, 0, 0])
    let values = model.values(of: exampleSequences)
    #expect(values.map(\.count) == exampleSequences.map { $0.completion.count + 1 })
    #expect(values.allSatisfy { $0.allSatisfy { $0 == 0 } })
  }

  @Test func scoresAreTheHeadTimesTheOraclesHiddenStates() {
    let backbone = tinyModel(as: Double.self)
    let (model, oracle) = (withHead(backbone), NaiveLlama(backbone))
    let head = model.parameters["score.weight"]
    let scores = model.lastTokenScores(of: exampleSequences)
    let values = model.values(of: exampleSequences)
    for (i, sequence) in exampleSequences.enumerated() {
      let expected = oracle.hiddenStates(sequence.tokens).map {
        zip($0, head).reduce(0) { $0 + $1.0 * $1.1 }
      }
      #expect(abs(scores[i] - expected[expected.count - 1]) < 1e-12)
      for (t, value) in values[i].enumerated() {
        #expect(abs(value - expected[sequence.prompt.count - 1 + t]) < 1e-12)
      }
    }
  }

  @Test func longListsGiveTheSameAnswersAsTheirParts() {
    let model = withHead(tinyModel(as: Double.self))
    let many = (0..<500).map { exampleSequences[$0 % 3] }
    let (scores, few) = (
      model.lastTokenScores(of: many), model.lastTokenScores(of: exampleSequences)
    )
    #expect(scores.count == 500)
    for (i, score) in scores.enumerated() { #expect(abs(score - few[i % 3]) < 1e-12) }
    // A score is the value of the state after the last token.
    for (i, values) in model.values(of: many).enumerated() {
      #expect(abs(values[values.count - 1] - scores[i]) < 1e-12)
    }
  }

  @Test func gradientIsTheFiniteDifference() {
    let model = withHead(tinyModel(as: Double.self))
    let batch = SequenceBatch(exampleSequences)
    let error = gradientCheckError(model.parameters) { recorded, tape in
      model.values(batch, recorded, on: tape, rows: batch.stateRows).squared().mean()
    }
    #expect(error < 1e-7)
  }

  @Test func theLanguageModelsOwnHeadIsLeftBehind() throws {
    let untied = tinyModel(tinyConfiguration(tiedHead: false), as: Float.self)
    let model = ScalarModel(backbone: untied)
    #expect(!model.parameters.names.contains("lm_head.weight"))
    #expect(model.parameters.names.last == "score.weight")
    let again = try ScalarModel(
      configuration: model.configuration, parameters: model.parameters)
    #expect(again.parameters.values == model.parameters.values)
    #expect(throws: ModelError.unexpectedTensor("lm_head.weight")) {
      try ScalarModel(configuration: untied.configuration, parameters: untied.parameters)
    }
  }

  @Test func theBackboneIsCopiedNotShared() {
    let backbone = tinyModel(as: Float.self)
    var model = ScalarModel(backbone: backbone)
    model.parameters["model.norm.weight"][0] += 1
    #expect(backbone.parameters["model.norm.weight"][0] != model.parameters["model.norm.weight"][0])
  }

  private func withHead(_ backbone: Transformer<Double>) -> ScalarModel<Double> {
    var model = ScalarModel(backbone: backbone)
    model.parameters["score.weight"] = (0..<8).map { 0.3 - 0.1 * Double($0) }
    return model
  }
}
