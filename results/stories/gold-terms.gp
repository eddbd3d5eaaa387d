# Draws gold-terms.svg and gold-terms.png from gold-terms.csv:  gnuplot gold-terms.gp
set datafile separator ","
set title "The terms of the gold reward at the end" font ",13"
set xlabel ""
set ylabel "contribution to the gold reward"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics ("happy" 0, "unhappy" 1)
set xrange [-0.6:1.6]
data = "gold-terms.csv"
set terminal svg size 760,420 font "Helvetica,12" name "gold_terms" background rgb "white"
set output "gold-terms.svg"
plot data using ($1==0?$2:1/0):($1==0?$3:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#555555" title "SFT", \
  data using ($1==1?$2:1/0):($1==1?$3:1/0):($1==1?$4:1/0):($1==1?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#0072B2" title "PPO", \
  data using ($1==2?$2:1/0):($1==2?$3:1/0):($1==2?$4:1/0):($1==2?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#56B4E9" title "PPO-GT", \
  data using ($1==3?$2:1/0):($1==3?$3:1/0):($1==3?$4:1/0):($1==3?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#D55E00" title "DPO", \
  data using ($1==4?$2:1/0):($1==4?$3:1/0):($1==4?$4:1/0):($1==4?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#009E73" title "best-of-n"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "gold-terms.png"
replot
