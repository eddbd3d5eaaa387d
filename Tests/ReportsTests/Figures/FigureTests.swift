import Foundation
import Reports
import TestSupport
import Testing

@Suite struct FigureTests {
  private let figure = Figure(
    name: "two-lines", title: "A \"title\" with_marks", caption: "c", xLabel: "x", yLabel: "y",
    series: [
      FigureSeries(
        name: "PPO", color: "#0072B2", style: .band,
        points: [
          FigurePoint(x: 0, y: 1, low: 0.5, high: 1.5), FigurePoint(x: 1, y: 2, low: 1.5, high: 3),
          FigurePoint(x: 2, y: .nan),
        ]),
      FigureSeries(name: "empty", color: "#000000", style: .marks, points: []),
    ])

  @Test func csvHoldsEveryFinitePoint() {
    #expect(figure.csv == "series,x,y,low,high\n0,0,1,0.5,1.5\n0,1,2,1.5,3\n")
  }

  @Test func emptySeriesAreNotDrawn() {
    #expect(figure.series.count == 1)
    #expect(!GnuplotScript(figure).text.contains("empty"))
  }

  @Test func marksOfEnhancedTextAreEscaped() {
    let text = GnuplotScript(figure).text
    #expect(text.contains("A \\\"title\\\" with\\\\_marks"))
  }

  @Test func gnuplotDrawsTheSameBytesTwice() async throws {
    let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
    // `make setup` installs gnuplot; without it this test says so instead of passing.
    try await draw([figure], in: first.url)
    try await draw([figure], in: second.url)
    let name = "two-lines.svg"
    let drawing = try first.data(name)
    #expect(drawing.count > 1000)
    #expect(try second.data(name) == drawing)
  }

  @Test func aProgramThatGnuplotRefusesIsNamed() async throws {
    let broken = Figure(
      name: "broken", title: "t", caption: "", xLabel: "", yLabel: "",
      series: [
        FigureSeries(
          name: "a", color: "not a colour\" nonsense", style: .marks,
          points: [FigurePoint(x: 0, y: 0)])
      ])
    let folder = try TemporaryFolder()
    await #expect(throws: FigureError.self) { try await draw([broken], in: folder.url) }
    #expect(try !folder.data("broken.csv").isEmpty)
  }
}

@Suite struct CrowdedFigureTests {
  @Test func aCrowdOfArmsHasAColourEach() {
    let colors = (0..<40).map { Palette.color(of: "arm \($0)", at: $0, among: 40) }
    #expect(Set(colors).count == 40)
    #expect(colors.filter { $0.wholeMatch(of: /#[0-9A-F]{6}/) == nil }.isEmpty)
    #expect(Palette.color(of: "DPO", at: 3, among: 40) == Palette.color(of: "DPO", at: 0))
  }

  @Test func fewArmsKeepThePaletteForColourBlindReaders() {
    let colors = (0..<8).map { Palette.color(of: "arm \($0)", at: $0, among: 8) }
    #expect(Set(colors).count == 4 && colors[0] == "#CC79A7")
  }

  @Test(arguments: [(2, 420), (40, 760)])
  func aLongLegendMakesATallerPage(lines: Int, height: Int) {
    let figure = Figure(
      name: "crowd", title: "", caption: "", xLabel: "", yLabel: "",
      series: (0..<lines).map {
        FigureSeries(name: "\($0)", color: "#000000", style: .line, points: [.init(x: 0, y: 1)])
      })
    #expect(GnuplotScript(figure).text.contains("svg size 760,\(height)"))
  }
}
