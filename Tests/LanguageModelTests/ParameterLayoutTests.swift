import Autograd
import LanguageModel
import Testing

@Suite struct ParameterLayoutTests {
  @Test func tensorsHaveTheNamesOfTransformers() {
    let model = tinyModel(tinyConfiguration(tiedHead: false), as: Float.self)
    let layer = [
      "input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
      "self_attn.o_proj", "post_attention_layernorm", "mlp.gate_proj", "mlp.up_proj",
      "mlp.down_proj",
    ]
    let expected =
      ["model.embed_tokens.weight"]
      + (0..<2).flatMap { i in layer.map { "model.layers.\(i).\($0).weight" } }
      + ["model.norm.weight", "lm_head.weight"]
    #expect(model.parameters.names == expected)
    #expect(!tinyModel(as: Float.self).parameters.names.contains("lm_head.weight"))
    #expect(model.parameters.shape(of: expected[3]) == Shape(rows: 4, columns: 8))
    #expect(model.parameters.shape(of: expected[9]) == Shape(rows: 8, columns: 6))
  }

  @Test func parametersStartAtTheirDeviations() {
    let configuration = ModelPreset.small.configuration(vocabularySize: 200, maximumLength: 64)
    var generator = SplitMix(state: 3)
    let model = Transformer<Float>(configuration: configuration, using: &generator)
    #expect(model.parameters["model.norm.weight"].allSatisfy { $0 == 1 })
    let query = deviation(model.parameters["model.layers.0.self_attn.q_proj.weight"])
    let output = deviation(model.parameters["model.layers.3.self_attn.o_proj.weight"])
    let down = deviation(model.parameters["model.layers.1.mlp.down_proj.weight"])
    // A deviation over n draws is known to about 1/√(2n): 0.6 % of it for 16,384 draws.
    #expect(abs(query / 0.02 - 1) < 0.03)
    #expect(abs(output / (0.02 / 8.0.squareRoot()) - 1) < 0.03)
    #expect(abs(down / (0.02 / 8.0.squareRoot()) - 1) < 0.03)
  }

  @Test func theSameGeneratorGivesTheSameModel() {
    var (first, second) = (SplitMix(state: 5), SplitMix(state: 5))
    let configuration = tinyConfiguration()
    let a = Transformer<Float>(configuration: configuration, using: &first)
    let b = Transformer<Float>(configuration: configuration, using: &second)
    let c = Transformer<Float>(configuration: configuration, using: &second)
    #expect(a.parameters.values == b.parameters.values)
    #expect(a.parameters.values != c.parameters.values)
  }

  @Test func tensorsMayComeInAnyOrder() throws {
    let model = tinyModel(as: Float.self)
    var shuffled = ParameterSet<Float>()
    for name in model.parameters.names.reversed() {
      shuffled.append(
        name, shape: model.parameters.shape(of: name), values: model.parameters[name])
    }
    let copy = try Transformer(configuration: model.configuration, parameters: shuffled)
    #expect(copy.parameters.names == model.parameters.names)
    #expect(copy.parameters.values == model.parameters.values)
  }

  @Test func parametersOfAnotherShapeAreRefused() {
    let model = tinyModel(as: Float.self)
    var wider = model.configuration
    wider.vocabularySize = 9
    #expect(
      throws: ModelError.shapeMismatch(
        tensor: "model.embed_tokens.weight", expected: [9, 8], found: [7, 8])
    ) { try Transformer(configuration: wider, parameters: model.parameters) }
    var untied = model.configuration
    untied.tiedHead = false
    #expect(throws: ModelError.missingTensor("lm_head.weight")) {
      try Transformer(configuration: untied, parameters: model.parameters)
    }
    var shallow = model.configuration
    shallow.layers = 1
    #expect(throws: ModelError.unexpectedTensor("model.layers.1.input_layernorm.weight")) {
      try Transformer(configuration: shallow, parameters: model.parameters)
    }
  }

  private func deviation(_ values: [Float]) -> Double {
    let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
    let square = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return (square / Double(values.count)).squareRoot()
  }
}
