import Reports
import Testing

/// One series at two places, drawn as asked.
private func figure(
  _ style: SeriesStyle = .line, name: String = "a", xScale: AxisScale = .linear,
  yScale: AxisScale = .linear, categories: [String] = []
) -> Figure {
  Figure(
    name: "gold-by-kl", section: .curves, title: "T", caption: "", xLabel: "X", yLabel: "Y",
    xScale: xScale,
    yScale: yScale, categories: categories,
    series: [
      FigureSeries(
        name: name, color: "#0072B2", style: style,
        points: [FigurePoint(x: 1, y: 2), FigurePoint(x: 2, y: 3)])
    ])
}

/// What the program plots, without the word `plot`.
private func elements(_ figure: Figure) -> [String] {
  let lines = GnuplotScript(figure).text.split(separator: "\n").map(String.init)
  guard let start = lines.firstIndex(where: { $0.hasPrefix("plot ") }) else { return [] }
  let end = lines[start...].firstIndex { !$0.hasSuffix("\\") } ?? start
  return lines[start...end].map { line in
    line.replacing("plot ", with: "").replacing(", \\", with: "").trimmingPrefix("  ")
  }.map(String.init)
}

@Suite struct GnuplotScriptTests {
  @Test func wholeProgramIsThatOfTheGoldenText() {
    #expect(
      GnuplotScript(figure()).text == """
        # Draws gold-by-kl.svg and gold-by-kl.png from gold-by-kl.csv:  gnuplot gold-by-kl.gp
        set datafile separator ","
        set title "T" font ",13"
        set xlabel "X"
        set ylabel "Y"
        set border 3 lc rgb "#666666"
        set tics nomirror out
        set grid lc rgb "#e4e4e4" lw 1
        set key outside right top vertical Left reverse samplen 2
        set style fill transparent solid 0.18 noborder
        set xtics auto
        data = "gold-by-kl.csv"
        set terminal svg size 760,420 font "Helvetica,12" name "gold_by_kl" background rgb "white"
        set output "gold-by-kl.svg"
        plot data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with lines lw 2 lc rgb "#0072B2" title "a"
        set terminal pngcairo size 1140,630 font "Helvetica,15"
        set output "gold-by-kl.png"
        replot

        """)
  }

  // The columns are series, x, y, low, high: a bar needs all of them, a line two.
  @Test(arguments: [
    (SeriesStyle.barredLine, "2345", "yerrorlines lw 2 pt 7 ps 0.5"),
    (.line, "23", "lines lw 2"),
    (.marks, "23", "points pt 7 ps 0.4"), (.disc, "23", "points pt 7 ps 1.3"),
    (.guide, "23", "lines lw 1.5 dt 2"), (.errorBar, "2345", "yerrorbars lw 2 pt 7 ps 0.8"),
  ])
  func everyStyleReadsItsColumns(style: SeriesStyle, columns: String, how: String) {
    let using = columns.map { "($1==0?$\($0):1/0)" }.joined(separator: ":")
    #expect(
      elements(figure(style)) == [
        "data using \(using) skip 1 with \(how) lc rgb \"#0072B2\" title \"a\""
      ])
  }

  @Test func bandIsFilledBetweenItsEndsAndNamedOnce() {
    #expect(
      elements(figure(.band)) == [
        "data using ($1==0?$2:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with filledcurves "
          + "lc rgb \"#0072B2\" notitle",
        "data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 "
          + "lc rgb \"#0072B2\" title \"a\"",
      ])
  }

  @Test func seriesWithoutANameHasNoPlaceInTheLegend() {
    #expect(elements(figure(name: "")).allSatisfy { $0.hasSuffix(" notitle") })
  }

  @Test func seriesArePickedByTheirNumberAmongThoseDrawn() {
    var two = figure()
    two.series.append(
      FigureSeries(
        name: "b", color: "#D55E00", style: .marks, points: [FigurePoint(x: 0, y: 0)]))
    let drawn = elements(two)
    #expect(drawn.count == 2)
    #expect(drawn[0].contains("($1==0?$2:1/0)") && !drawn[0].contains("$1==1"))
    #expect(drawn[1].contains("($1==1?$2:1/0)") && !drawn[1].contains("$1==0"))
    #expect(two.csv.split(separator: "\n").map { $0.prefix(2) } == ["se", "0,", "0,", "1,"])
  }

  @Test(arguments: [
    (AxisScale.linear, AxisScale.linear, []), (.logarithmic, .linear, ["x"]),
    (.linear, .logarithmic, ["y"]), (.logarithmic, .logarithmic, ["x", "y"]),
  ])
  func logarithmicAxesAreAskedFor(x: AxisScale, y: AxisScale, axes: [String]) {
    let lines = GnuplotScript(figure(xScale: x, yScale: y)).text.split(separator: "\n")
    #expect(lines.filter { $0.hasPrefix("set logscale") } == axes.map { "set logscale \($0)" })
    #expect(
      lines.filter { $0.hasPrefix("set format") } == axes.map { "set format \($0) \"10^{%T}\"" })
  }

  @Test func categoriesStandAtWholeNumbersWithRoomAtBothEnds() {
    let text = GnuplotScript(figure(categories: ["star_rating", "b"])).text
    #expect(text.contains("\nset xtics (\"star\\\\_rating\" 0, \"b\" 1)\nset xrange [-0.6:1.6]\n"))
    #expect(!text.contains("xtics auto"))
  }

  // Gnuplot reads \\ within double quotes as one backslash, which makes the mark after it plain.
  @Test(arguments: [
    ("a_b", #"a\\_b"#), ("x^2", #"x\\^2"#), ("{a}", #"\\{a\\}"#), ("a@b&c", #"a\\@b\\&c"#),
    (#"say "x""#, #"say \"x\""#), (#"a\b"#, #"a\\b"#), ("π·β", "π·β"),
  ])
  func marksWithAMeaningAreMadePlain(name: String, written: String) {
    #expect(elements(figure(name: name))[0].hasSuffix("title \"\(written)\""))
  }
}
